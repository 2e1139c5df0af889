// Messages to and from a worker: two lengths, a JSON header, a body of bytes.

const lengthsSize = 8

export interface Frame {
  readonly header: Readonly<Record<string, unknown>>
  readonly body: Buffer
}

export function encodeFrame(header: object, body: readonly Buffer[] = []): Buffer {
  const text = Buffer.from(JSON.stringify(header))
  const lengths = Buffer.alloc(lengthsSize)
  lengths.writeUInt32LE(text.length, 0)
  lengths.writeUInt32LE(
    body.reduce((sum, part) => sum + part.length, 0),
    4,
  )
  return Buffer.concat([lengths, text, ...body])
}

/** Feed chunks as they come; whole frames are handed to `onFrame`. */
export function frameReader(onFrame: (frame: Frame) => void): (chunk: Buffer) => void {
  let chunks: Buffer[] = []
  let size = 0
  let needed = lengthsSize
  return (chunk) => {
    chunks.push(chunk)
    size += chunk.length
    if (size < needed) return
    let buffer = chunks.length === 1 ? chunk : Buffer.concat(chunks)
    for (;;) {
      needed = neededBytes(buffer)
      if (buffer.length < needed) break
      onFrame(decodeFrame(buffer.subarray(0, needed)))
      buffer = buffer.subarray(needed)
    }
    chunks = buffer.length > 0 ? [buffer] : []
    size = buffer.length
  }
}

function neededBytes(buffer: Buffer): number {
  if (buffer.length < lengthsSize) return lengthsSize
  return lengthsSize + buffer.readUInt32LE(0) + buffer.readUInt32LE(4)
}

function decodeFrame(bytes: Buffer): Frame {
  const bodyStart = lengthsSize + bytes.readUInt32LE(0)
  const header = JSON.parse(bytes.toString('utf8', lengthsSize, bodyStart))
  return { header, body: bytes.subarray(bodyStart) }
}
