// "Did you mean": the nearest known name to a mistyped one.

/** The closest of `known` within a third of its length in edits, or undefined. */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  let best: string | undefined
  let bestDistance = Number.POSITIVE_INFINITY
  for (const candidate of known) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase())
    if (distance < bestDistance && distance <= Math.max(1, Math.ceil(candidate.length / 3))) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

/** Letters to add, remove, change, or swap with their neighbour (optimal string alignment). */
function editDistance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, column) => column)]
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    const at = (up: number, left: number) => rows[i - up]?.[left] ?? 0
    for (let j = 1; j <= b.length; j++) {
      const changed = at(1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1)
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      const swapped = isSwap ? at(2, j - 2) + 1 : changed
      row[j] = Math.min(at(1, j) + 1, (row[j - 1] ?? 0) + 1, changed, swapped)
    }
    rows.push(row)
  }
  return rows[a.length]?.[b.length] ?? 0
}
