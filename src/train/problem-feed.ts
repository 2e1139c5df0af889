// Which problems come next: drawn by source, sources of middle difficulty more often, since groups
// that are all right or all wrong teach nothing.

import { present } from '../base/check.ts'
import { type RandomState, RandomStream } from '../base/random.ts'
import type { Problem } from '../data/problem.ts'
import type { ScoredGroup } from '../reward/reward.ts'
import type { ProblemSupply } from './problem-supply.ts'

/** What a checkpoint keeps of a feed. */
export interface FeedState {
  readonly random: RandomState
  /** Of each supply its position, and the running accuracy of its problems. */
  readonly supplies: readonly { readonly position: unknown; readonly accuracy: number }[]
  /** By id of the problems that were taken and not noted yet: the index of their supply. */
  readonly taken: Readonly<Record<string, number>>
}

/** How fast the running accuracy of a source forgets. */
const memory = 0.8
/** A source that never has spread is still tried now and then. */
const leastWeight = 0.05

export class ProblemFeed {
  /** Starts at one half: every source is first thought worth trying. */
  #accuracy: number[]
  #taken = new Map<string, number>()
  #random: RandomStream

  constructor(
    private readonly supplies: readonly ProblemSupply[],
    seed: number,
  ) {
    this.#accuracy = supplies.map(() => 0.5)
    this.#random = RandomStream.named(seed, 'problems')
  }

  /** The next `count` problems. */
  async take(count: number): Promise<Problem[]> {
    const problems: Problem[] = []
    while (problems.length < count) {
      const index = this.#draw()
      const problem = await present(this.supplies[index], 'a supply of problems').next()
      this.#taken.set(problem.id, index)
      problems.push(problem)
    }
    return problems
  }

  /** Learns from what came of the problems how hard their sources are now. */
  note(groups: readonly ScoredGroup[]): void {
    for (const { problem, members } of groups) {
      const index = this.#taken.get(problem.id)
      const judged = members.filter(({ reward }) => reward.correct !== null)
      if (index === undefined || judged.length === 0) continue
      const right = judged.filter(({ reward }) => reward.correct).length / judged.length
      this.#accuracy[index] = memory * (this.#accuracy[index] ?? right) + (1 - memory) * right
    }
    for (const { problem } of groups) this.#taken.delete(problem.id)
  }

  get state(): FeedState {
    const supplies = this.supplies.map(({ state }, index) => {
      return { position: state, accuracy: this.#accuracy[index] ?? 0 }
    })
    return { random: this.#random.state, supplies, taken: Object.fromEntries(this.#taken) }
  }

  async restore({ random, supplies, taken }: FeedState): Promise<void> {
    this.#random = RandomStream.restore(random)
    this.#taken = new Map(Object.entries(taken))
    this.#accuracy = supplies.map(({ accuracy }) => accuracy)
    for (const [index, supply] of this.supplies.entries()) {
      await supply.restore(supplies[index]?.position ?? null)
    }
  }

  #draw(): number {
    const weights = this.#accuracy.map((accuracy) => 4 * accuracy * (1 - accuracy) + leastWeight)
    const total = weights.reduce((sum, weight) => sum + weight, 0)
    let left = this.#random.uniform() * total
    const index = weights.findIndex((weight) => {
      left -= weight
      return left < 0
    })
    return index < 0 ? weights.length - 1 : index
  }
}
