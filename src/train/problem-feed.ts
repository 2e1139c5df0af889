// Which problems come next: drawn by source, sources of middle difficulty more often, since groups
// that are all right or all wrong teach nothing.

import { type RandomState, RandomStream } from '../base/random.ts'
import type { Problem } from '../data/problem.ts'
import type { ScoredGroup } from '../reward/reward.ts'

/** What a checkpoint keeps of a feed. */
export interface FeedState {
  readonly random: RandomState
  /** By source: how far its own shuffled order was used, and its running accuracy. */
  readonly sources: Readonly<Record<string, { readonly used: number; readonly accuracy: number }>>
}

/** Gives the problems of a step; what it keeps in a checkpoint is plain JSON. */
export interface Feed {
  take(count: number): Promise<Problem[]> | Problem[]
  /** Learns from what came of the problems. */
  note(groups: readonly ScoredGroup[]): void
  readonly state: unknown
  restore(state: unknown): Promise<void> | void
}

/** How fast the running accuracy of a source forgets. */
const memory = 0.8
/** A source that never has spread is still tried now and then. */
const leastWeight = 0.05

interface Source {
  readonly problems: readonly Problem[]
  used: number
  accuracy: number
}

export class ProblemFeed implements Feed {
  readonly #sources: ReadonlyMap<string, Source>
  #random: RandomStream

  /** Accuracy starts at one half: every source is first thought worth trying. */
  constructor(
    problems: readonly Problem[],
    private readonly seed: number,
  ) {
    const names = [...new Set(problems.map(({ source }) => source))].sort()
    const made = names.map((name): [string, Source] => {
      const own = problems.filter(({ source }) => source === name)
      return [name, { problems: own, used: 0, accuracy: 0.5 }]
    })
    this.#sources = new Map(made)
    this.#random = RandomStream.named(seed, 'problems')
  }

  /** The next `count` problems; a source that is used up begins anew in another order. */
  take(count: number): Problem[] {
    return Array.from({ length: count }, () => this.#next(this.#draw()))
  }

  /** Learns from what came of the problems how hard their sources are now. */
  note(groups: readonly ScoredGroup[]): void {
    for (const { problem, members } of groups) {
      const source = this.#sources.get(problem.source)
      const judged = members.filter(({ reward }) => reward.correct !== null)
      if (!source || judged.length === 0) continue
      const right = judged.filter(({ reward }) => reward.correct).length / judged.length
      source.accuracy = memory * source.accuracy + (1 - memory) * right
    }
  }

  get state(): FeedState {
    const sources = [...this.#sources].map(([name, { used, accuracy }]) => {
      return [name, { used, accuracy }] as const
    })
    return { random: this.#random.state, sources: Object.fromEntries(sources) }
  }

  restore(state: FeedState): void {
    this.#random = RandomStream.restore(state.random)
    for (const [name, { used, accuracy }] of Object.entries(state.sources)) {
      const source = this.#sources.get(name)
      if (source) Object.assign(source, { used, accuracy })
    }
  }

  #draw(): Source {
    const sources = [...this.#sources.values()]
    const weights = sources.map(({ accuracy }) => 4 * accuracy * (1 - accuracy) + leastWeight)
    const total = weights.reduce((sum, weight) => sum + weight, 0)
    let left = this.#random.uniform() * total
    const index = weights.findIndex((weight) => {
      left -= weight
      return left < 0
    })
    return sources[index < 0 ? sources.length - 1 : index] as Source
  }

  #next(source: Source): Problem {
    const { problems, used } = source
    const round = Math.floor(used / problems.length)
    const name = `order/${problems[0]?.source}/${round}`
    source.used++
    return RandomStream.named(this.seed, name).shuffled(problems)[used % problems.length] as Problem
  }
}
