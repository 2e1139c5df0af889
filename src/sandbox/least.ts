// The one of several that has the least of something; the first of equals.

export function least<T>(candidates: Iterable<T>, amount: (candidate: T) => number): T | undefined {
  let best: T | undefined
  for (const candidate of candidates) {
    if (best === undefined || amount(candidate) < amount(best)) best = candidate
  }
  return best
}
