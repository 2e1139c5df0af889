// One line of comma-separated values, quoted as RFC 4180 says.

/** Missing values are empty; records and arrays are JSON. */
export function csvLine(values: readonly unknown[]): string {
  return values.map(field).join(',')
}

function field(value: unknown): string {
  if (value === null || value === undefined) return ''
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
