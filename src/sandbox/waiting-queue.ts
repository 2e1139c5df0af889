// Programs that wait for a slot: bounded, first come first served, each leaving at its deadline.

import { InfrastructureError } from '../base/errors.ts'

export class WaitingQueue<Item> {
  private readonly items = new Set<Item>()
  /** Those that were put before the others, in their own order. */
  private readonly first = new Set<Item>()

  constructor(private readonly capacity: number) {}

  get size(): number {
    return this.first.size + this.items.size
  }

  /** Throws `overloaded` when full. */
  push(item: Item): void {
    if (this.size >= this.capacity) {
      const message = `sandbox queue is full (${this.capacity} programs wait)`
      throw new InfrastructureError('overloaded', message)
    }
    this.items.add(item)
  }

  /** Puts an item that was already accepted before all that have not been. */
  pushFirst(item: Item): void {
    this.first.add(item)
  }

  /** In the order in which they will be served; removing while walking is allowed. */
  *[Symbol.iterator](): Iterator<Item> {
    yield* this.first
    yield* this.items
  }

  remove(item: Item): boolean {
    return this.first.delete(item) || this.items.delete(item)
  }

  /** Empties the queue and returns what waited. */
  drain(): Item[] {
    const all = [...this]
    this.first.clear()
    this.items.clear()
    return all
  }
}
