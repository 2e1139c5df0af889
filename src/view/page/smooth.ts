// Smoothing of curves: an exponential moving average, corrected for its start from nothing.

/** `weight` from 0 (none) to below 1; gaps stay gaps and do not count. */
export function smooth(
  values: readonly (number | null)[],
  weight: number,
): readonly (number | null)[] {
  if (weight <= 0) return values
  let average = 0
  let mass = 0
  return values.map((value) => {
    if (value === null) return null
    average = average * weight + value * (1 - weight)
    mass = mass * weight + (1 - weight)
    return average / mass
  })
}
