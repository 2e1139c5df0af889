// A value that was refused, as its message shows it: what it is rather than all that it holds.

const longestText = 60

/** Such as `"5"`, `NaN`, `null`, `a list`. */
export function shownValue(value: unknown): string {
  if (typeof value === 'string') {
    return JSON.stringify(value.length > longestText ? `${value.slice(0, longestText)}…` : value)
  }
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'function') return 'a function'
  if (typeof value !== 'object' || value === null) return String(value)
  const kind = value.constructor?.name ?? 'Object'
  return kind === 'Object' ? 'an object' : `a ${kind}`
}
