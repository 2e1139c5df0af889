// Requests that name themselves: one that is repeated adopts the first one's result instead of running again.

const keptMs = 120_000
const most = 1_000

export class AdoptedResults<T> {
  readonly #results = new Map<string, Promise<T>>()

  /** The result of `run`, or of the earlier call with this id. A failure is forgotten at once. */
  once(id: string | undefined, run: () => Promise<T>): Promise<T> {
    if (id === undefined) return run()
    const known = this.#results.get(id)
    if (known) return known
    const result = run()
    this.#results.set(id, result)
    this.#forgetOldest()
    result.then(
      () => setTimeout(() => this.#forget(id, result), keptMs).unref(),
      () => this.#forget(id, result),
    )
    return result
  }

  /** Unless the id has been forgotten meanwhile and belongs to a later request. */
  #forget(id: string, result: Promise<T>): void {
    if (this.#results.get(id) === result) this.#results.delete(id)
  }

  #forgetOldest(): void {
    const [oldest] = this.#results.keys()
    if (this.#results.size > most && oldest !== undefined) this.#results.delete(oldest)
  }
}
