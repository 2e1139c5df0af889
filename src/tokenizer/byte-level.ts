// The GPT-2 alphabet: every byte as one printable character, so that BPE vocabularies are plain text.

/**
 * Printable Latin-1 stands for itself; the other 68 bytes, in order, for U+0100 and up: a space is
 * "Ġ", a newline "Ċ".
 */
export const byteToCharacter: readonly string[] = alphabet()

const characterToByte = new Map(byteToCharacter.map((character, byte) => [character, byte]))

function alphabet(): string[] {
  const isPrintable = (byte: number) =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae
  let next = 0x100
  return Array.from({ length: 256 }, (_, byte) =>
    String.fromCharCode(isPrintable(byte) ? byte : next++),
  )
}

/** The bytes that a vocabulary entry stands for; its UTF-8 where it leaves the alphabet. */
export function bytesOfToken(token: string): Uint8Array {
  const bytes = new Uint8Array(token.length)
  for (let index = 0; index < token.length; index++) {
    const byte = characterToByte.get(token.charAt(index))
    if (byte === undefined) return new TextEncoder().encode(token)
    bytes[index] = byte
  }
  return bytes
}
