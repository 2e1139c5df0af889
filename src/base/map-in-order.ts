// Several at a time, results in the order of the input.

/**
 * Yields `work(value)` for each value, in order, with at most `concurrency` begun and not yet
 * taken. A rejection ends it after what stands before was yielded.
 */
export async function* mapInOrder<T, R>(
  values: AsyncIterable<T> | Iterable<T>,
  concurrency: number,
  work: (value: T) => Promise<R>,
): AsyncGenerator<R> {
  const begun: Promise<R>[] = []
  for await (const value of values) {
    const result = work(value)
    // Awaited later, in its turn: until then its rejection is not unhandled.
    result.catch(() => undefined)
    begun.push(result)
    if (begun.length >= concurrency) yield await (begun.shift() as Promise<R>)
  }
  for (const result of begun) yield await result
}
