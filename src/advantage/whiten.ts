// Mean, variance and whitening over the tokens where a mask is one.
//
// A table [B,T] here is an array of rows; rows may differ in length, so nothing is padded. What
// stands where the mask is zero is never read, not even a NaN.

/** Numbers [B,T], or one row of them. */
export type Table = readonly ArrayLike<number>[]

/**
 * Mean of `values` [B,T] where `mask` [B,T] is one: sum(x m) / sum(m), zero on an empty mask.
 * Source: verl, `masked_mean`, whose 1e-8 in the denominator is below the resolution of float32
 * unless the mask is empty; in our float64 it would shift a batch without variance.
 */
export function maskedMean(values: Table, mask: Table): number {
  let sum = 0
  let count = 0
  forEachMasked(mask, (row, token) => {
    sum += values[row]?.[token] ?? Number.NaN
    count += 1
  })
  return count === 0 ? 0 : sum / count
}

/**
 * Unbiased variance of `values` [B,T] where `mask` is one: mean of (x - mean)^2 times n/(n-1) with
 * n = sum(m); zero with fewer than two tokens, which have no spread. Source: verl, `masked_var`
 * (which refuses fewer than two).
 */
export function maskedVariance(values: Table, mask: Table): number {
  const mean = maskedMean(values, mask)
  let sum = 0
  let count = 0
  forEachMasked(mask, (row, token) => {
    sum += ((values[row]?.[token] ?? Number.NaN) - mean) ** 2
    count += 1
  })
  return count < 2 ? 0 : sum / (count - 1)
}

/**
 * `values` [B,T] shifted and scaled to mean 0 and deviation 1 over the mask:
 * (x - mean) / sqrt(variance + 1e-8); zero where the mask is zero. Source: verl, `masked_whiten`.
 */
export function whiten(values: Table, mask: Table): number[][] {
  const mean = maskedMean(values, mask)
  const scale = 1 / Math.sqrt(maskedVariance(values, mask) + 1e-8)
  const result = mask.map((row) => new Array<number>(row.length).fill(0))
  forEachMasked(mask, (row, token) => {
    const target = result[row]
    if (target) target[token] = ((values[row]?.[token] ?? Number.NaN) - mean) * scale
  })
  return result
}

function forEachMasked(mask: Table, visit: (row: number, token: number) => void): void {
  mask.forEach((row, index) => {
    for (let token = 0; token < row.length; token++) {
      if (row[token]) visit(index, token)
    }
  })
}
