// The GPT-2 alphabet: every byte as one printable character, so that BPE vocabularies are plain text.

/**
 * Printable Latin-1 stands for itself; the other 68 bytes, in order, for U+0100 and up: a space is
 * "Ġ", a newline "Ċ".
 */
export const byteToCharacter: readonly string[] = alphabet()

/** The byte of each character code of the alphabet, -1 elsewhere. */
const codeToByte = new Int16Array(0x144).fill(-1)
byteToCharacter.forEach((character, byte) => {
  codeToByte[character.charCodeAt(0)] = byte
})

function alphabet(): string[] {
  const isPrintable = (byte: number) =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae
  let next = 0x100
  return Array.from({ length: 256 }, (_, byte) =>
    String.fromCharCode(isPrintable(byte) ? byte : next++),
  )
}

const encoder = new TextEncoder()

/**
 * Writes the bytes that a vocabulary entry stands for (its UTF-8 where it leaves the alphabet) and
 * returns how many; `target` must have room for three bytes a UTF-16 unit.
 */
export function writeTokenBytes(token: string, target: Uint8Array): number {
  for (let index = 0; index < token.length; index++) {
    const byte = codeToByte[token.charCodeAt(index)] ?? -1
    if (byte < 0) return encoder.encodeInto(token, target).written
    target[index] = byte
  }
  return token.length
}
