// Whether an output is a terminal that wants colours and moving lines.

/** Colours only on a terminal, and never with NO_COLOR (any value but the empty one) or TERM=dumb. */
export function usesColour(stream: { readonly isTTY?: boolean }): boolean {
  return Boolean(stream.isTTY) && !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb'
}

/** Bars and lines that redraw themselves only where somebody watches. */
export function isLive(stream: { readonly isTTY?: boolean }): boolean {
  return Boolean(stream.isTTY) && process.env['TERM'] !== 'dumb' && !process.env['CI']
}
