// Programs that wait for a slot: bounded, first come first served, each leaving at its deadline.

import { InfrastructureError } from '../base/errors.ts'

export class WaitingQueue<Item> {
  private items = new Set<Item>()

  constructor(private readonly capacity: number) {}

  get size(): number {
    return this.items.size
  }

  /** Throws `overloaded` when full. */
  push(item: Item): void {
    if (this.items.size >= this.capacity) {
      const message = `sandbox queue is full (${this.capacity} programs wait)`
      throw new InfrastructureError('overloaded', message)
    }
    this.items.add(item)
  }

  /** Puts an item that was already accepted before all others. */
  pushFirst(item: Item): void {
    this.items = new Set([item, ...this.items])
  }

  /** In the order in which they will be served; removing while walking is allowed. */
  [Symbol.iterator](): Iterator<Item> {
    return this.items.values()
  }

  remove(item: Item): boolean {
    return this.items.delete(item)
  }

  /** Empties the queue and returns what waited. */
  drain(): Item[] {
    const all = [...this.items]
    this.items.clear()
    return all
  }
}
