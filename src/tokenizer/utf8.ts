// Bytes to text: what is no UTF-8 becomes U+FFFD, and a byte order mark stays, as in the reference.

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

export function textOf(bytes: Uint8Array): string {
  return decoder.decode(bytes)
}

/**
 * How many bytes at the end are the beginning of a character that is not complete yet (0 to 3).
 * A lead byte always begins a new character, so that text before it can be decoded by itself.
 */
export function unfinishedBytes(bytes: Uint8Array): number {
  const reach = Math.min(3, bytes.length)
  for (let back = 1; back <= reach; back++) {
    const byte = bytes[bytes.length - back] ?? 0
    if (byte < 0x80) return 0
    if (byte >= 0xc0) return back < lengthByLead(byte) ? back : 0
  }
  return 0
}

function lengthByLead(byte: number): number {
  if (byte >= 0xf0) return byte <= 0xf4 ? 4 : 1
  return byte >= 0xe0 ? 3 : byte >= 0xc2 ? 2 : 1
}
