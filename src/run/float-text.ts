// The written form of arrays of floats: base64 of little-endian 32-bit floats. JSON numbers would
// take three times the room and lose NaN.

/** Rounds to float32. */
export function floatsToText(values: ArrayLike<number>): string {
  const bytes = Buffer.alloc(values.length * 4)
  for (let i = 0; i < values.length; i++) bytes.writeFloatLE(values[i] ?? Number.NaN, i * 4)
  return bytes.toString('base64')
}

export function textToFloats(text: string): Float32Array {
  const bytes = Buffer.from(text, 'base64')
  const values = new Float32Array(bytes.length >>> 2)
  for (let i = 0; i < values.length; i++) values[i] = bytes.readFloatLE(i * 4)
  return values
}
