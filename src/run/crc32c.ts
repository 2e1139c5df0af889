// The checksum of TensorBoard's files: CRC-32C (Castagnoli), reflected, polynomial 0x1EDC6F41.

const reversedPolynomial = 0x82f63b78

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte
  for (let bit = 0; bit < 8; bit++) {
    value = value & 1 ? (value >>> 1) ^ reversedPolynomial : value >>> 1
  }
  return value >>> 0
})

/** Unsigned 32 bits. */
export function crc32c(bytes: Uint8Array): number {
  let value = 0xffffffff
  for (const byte of bytes) value = (table[(value ^ byte) & 0xff] ?? 0) ^ (value >>> 8)
  return (value ^ 0xffffffff) >>> 0
}

/** The form in which TFRecord stores it, so that a checksum of checksums stays strong. */
export function maskedCrc32c(bytes: Uint8Array): number {
  const value = crc32c(bytes)
  return (((value >>> 15) | (value << 17)) + 0xa282ead8) >>> 0
}
