// No source, length or difficulty takes more than its part of the demonstrations.

import type { Objection } from './checks.ts'
import type { Demonstration } from './demonstration.ts'

/** Most demonstrations of one kind; what is not given is not limited. */
export interface BalanceLimits {
  readonly perSource?: number
  /** Per length of all code: up to 2, 5, 10 or more lines. */
  readonly perLength?: number
  /** Per quarter of the pass rate. */
  readonly perDifficulty?: number
}

export class Balance {
  readonly #counts = new Map<string, number>()

  constructor(
    private readonly limits: BalanceLimits,
    private readonly passRates: ReadonlyMap<string, number> = new Map(),
  ) {}

  /** Why there are enough of its kind already, or null and it is counted. */
  objection(demonstration: Demonstration): Objection | null {
    const kinds = this.#kindsOf(demonstration)
    const full = kinds.find(({ kind, most }) => (this.#counts.get(kind) ?? 0) >= most)
    if (full) return { reason: `enough of ${full.kind}`, detail: `${full.most} are kept` }
    for (const { kind } of kinds) this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1)
    return null
  }

  #kindsOf({ problem, turns }: Demonstration): { kind: string; most: number }[] {
    const { perSource, perLength, perDifficulty } = this.limits
    const lines = turns.reduce(
      (sum, { call }) => sum + String(call.arguments['code']).split('\n').length,
      0,
    )
    const length = [2, 5, 10].find((most) => lines <= most) ?? 'more'
    const rate = this.passRates.get(problem.id)
    return [
      ...(perSource === undefined ? [] : [{ kind: `source ${problem.source}`, most: perSource }]),
      ...(perLength === undefined ? [] : [{ kind: `code lines up to ${length}`, most: perLength }]),
      ...(perDifficulty === undefined || rate === undefined
        ? []
        : [
            {
              kind: `pass rate quarter ${Math.min(3, Math.floor(rate * 4)) + 1}`,
              most: perDifficulty,
            },
          ]),
    ]
  }
}
