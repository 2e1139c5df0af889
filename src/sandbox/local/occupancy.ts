// Who holds a worker's slots. A program that takes long gives its slot back and goes on beside it, so
// that a handful of endless programs cannot keep the short ones waiting.

export class Occupancy {
  private readonly holding = new Set<number>()
  private readonly lingering = new Set<number>()

  constructor(private readonly slots: number) {}

  /** Programs that hold a slot. */
  get held(): number {
    return this.holding.size
  }

  /** All programs that run or wait for their turn beside the slots. */
  get running(): number {
    return this.holding.size + this.lingering.size
  }

  get hasSlot(): boolean {
    return this.holding.size < this.slots
  }

  begin(id: number): void {
    this.holding.add(id)
  }

  takesLong(id: number): void {
    if (this.holding.delete(id)) this.lingering.add(id)
  }

  end(id: number): void {
    this.holding.delete(id)
    this.lingering.delete(id)
  }
}
