// Checks that narrow types: the strict compiler flags make every index and lookup optional.

/** Throws unless the condition holds: for what can only be false through a defect of ours. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`defect: ${message}`)
}

/** The value, or a thrown defect where it is missing. */
export function present<T>(value: T | undefined | null, what: string): T {
  if (value === undefined || value === null) throw new Error(`defect: ${what} is missing`)
  return value
}

/** The element at `index` (negative counts from the end), or a thrown defect outside the array. */
export function at<T>(values: ArrayLike<T>, index: number): T {
  const value = values[index < 0 ? values.length + index : index]
  if (value === undefined) throw new Error(`defect: index ${index} of ${values.length}`)
  return value
}
