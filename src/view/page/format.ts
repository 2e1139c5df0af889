// Numbers, durations and times as people read them.

export function formatNumber(value: number | null | undefined, digits = 4): string {
  if (value === null || value === undefined) return '–'
  if (!Number.isFinite(value)) return String(value)
  const size = Math.abs(value)
  if (size >= 1e9) return `${trim(value / 1e9, 3)} G`
  if (size >= 1e6) return `${trim(value / 1e6, 3)} M`
  if (size >= 1e4) return `${trim(value / 1e3, 3)} k`
  if (size !== 0 && size < 1e-3) return value.toExponential(2).replace(/\.?0+e/, 'e')
  return trim(value, digits)
}

function trim(value: number, digits: number): string {
  return String(Number(value.toPrecision(digits)))
}

export function formatShare(value: number | null | undefined): string {
  return value === null || value === undefined ? '–' : `${(value * 100).toFixed(1)} %`
}

export function formatDuration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined) return '–'
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`
  if (seconds < 10) return `${seconds.toFixed(1)} s`
  if (seconds < 90) return `${Math.round(seconds)} s`
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`
  if (seconds < 172_800) return `${(seconds / 3600).toFixed(1)} h`
  return `${(seconds / 86_400).toFixed(1)} d`
}

export function formatTime(milliseconds: number): string {
  return new Date(milliseconds).toLocaleString(undefined, {
    dateStyle: 'medium',
    timeStyle: 'short',
  })
}

export function formatAgo(milliseconds: number): string {
  return `${formatDuration(Math.max(0, Date.now() - milliseconds) / 1000)} ago`
}

/** What the numbers of a chart are, which decides how they read. */
export type Unit = 'number' | 'share' | 'seconds'

export function formatValue(value: number | null | undefined, unit: Unit): string {
  switch (unit) {
    case 'number':
      return formatNumber(value)
    case 'share':
      return formatShare(value)
    case 'seconds':
      return formatDuration(value)
    default:
      unit satisfies never
      return ''
  }
}

/** Beside an axis, where the numbers are round. */
export function formatTick(value: number, unit: Unit): string {
  if (unit === 'share') return `${trim(value * 100, 4)} %`
  return unit === 'seconds' && value !== 0 ? formatDuration(value) : formatNumber(value, 5)
}
