// Who holds a worker's slots. A program that takes long gives its slot back and lingers beside it, so
// that a handful of endless programs cannot keep the short ones waiting.

export class Occupancy {
  private readonly holding = new Set<number>()
  private readonly overdue = new Set<number>()
  private readonly lingering = new Set<number>()

  constructor(
    private readonly slots: number,
    private readonly places: number,
  ) {}

  /** Programs that hold a slot. */
  get held(): number {
    return this.holding.size
  }

  /** All programs that run. */
  get running(): number {
    return this.holding.size + this.lingering.size
  }

  get hasSlot(): boolean {
    return this.holding.size < this.slots
  }

  begin(id: number): void {
    this.holding.add(id)
  }

  /** The program has had its time: it lingers now, or as soon as there is a place. */
  takesLong(id: number): void {
    if (!this.holding.has(id)) return
    this.overdue.add(id)
    this.moveOverdue()
  }

  end(id: number): void {
    this.holding.delete(id)
    this.overdue.delete(id)
    this.lingering.delete(id)
    this.moveOverdue()
  }

  private moveOverdue(): void {
    for (const id of this.overdue) {
      if (this.lingering.size >= this.places) return
      this.overdue.delete(id)
      this.holding.delete(id)
      this.lingering.add(id)
    }
  }
}
