// Where tensors lie in a file, and whether two of them claim the same bytes.

export type ByteRange = { readonly name: string; readonly offset: number; readonly bytes: number }

/** The first two ranges that share a byte, in order of offset, or undefined. */
export function overlapping(ranges: Iterable<ByteRange>): [ByteRange, ByteRange] | undefined {
  let before: ByteRange | undefined
  for (const range of sorted(ranges)) {
    if (range.bytes === 0) continue
    if (before && before.offset + before.bytes > range.offset) return [before, range]
    before = range
  }
  return undefined
}

/** The first offset from 0 to `end` that belongs to no range, or undefined. */
export function firstHole(ranges: Iterable<ByteRange>, end: number): number | undefined {
  let covered = 0
  for (const range of sorted(ranges)) {
    if (range.offset > covered) return covered
    covered = Math.max(covered, range.offset + range.bytes)
  }
  return covered < end ? covered : undefined
}

function sorted(ranges: Iterable<ByteRange>): ByteRange[] {
  return [...ranges].sort((a, b) => a.offset - b.offset || a.bytes - b.bytes)
}

/** Product of the sizes, or undefined where it is no exact integer (lying headers). */
export function elementCount(shape: readonly number[]): number | undefined {
  let product = 1
  for (const size of shape) {
    product *= size
    if (!Number.isSafeInteger(product)) return undefined
  }
  return product
}
