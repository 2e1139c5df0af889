// A policy whose completions begin together, so that what is computed with what does not depend on
// how fast tools answer: the last bits of a matrix product depend on its size, and a run that is to
// repeat to the last token must not depend on the clock.

import type { RolloutOptions } from '../rollout/options.ts'
import type { Progress } from '../rollout/progress.ts'
import type { Completion, Policy, PolicySession, Sampling } from '../trajectory/policy.ts'

export interface RoundOptions {
  /** Trajectories of the whole rollout: one session each. */
  readonly trajectories: number
  /** Most of them in flight. */
  readonly concurrency: number
}

interface Waiting {
  readonly seed: number
  readonly begin: () => void
}

/**
 * Holds each completion back until every trajectory in flight waits for one, then begins them all, in
 * the order of their seeds. Costs the time in which the slowest tool call holds up the others. The
 * rollout must tell its progress to `onProgress`.
 */
export function inRounds(
  policy: Policy,
  options: RoundOptions,
): { readonly policy: Policy; readonly onProgress: (progress: Progress) => void } {
  const rounds = new Rounds(options)
  return {
    policy: {
      get version() {
        return policy.version
      },
      contextLength: policy.contextLength,
      open: (group) => rounds.open(policy.open(group)),
    },
    onProgress: ({ trajectoriesDone }) => rounds.ended(trajectoriesDone),
  }
}

/** The options of a rollout of `problems` problems, its policy in rounds where that is asked for. */
export function repeatably(
  options: RolloutOptions,
  problems: number,
  repeatable: boolean,
): RolloutOptions {
  const ordered = { ...options, order: 'input' as const, groupsAhead: problems }
  if (!repeatable) return ordered
  const { groupSize, concurrency = 256, onProgress } = options
  const rounds = inRounds(options.policy, { trajectories: problems * groupSize, concurrency })
  return {
    ...ordered,
    policy: rounds.policy,
    onProgress(progress) {
      rounds.onProgress(progress)
      onProgress?.(progress)
    },
  }
}

class Rounds {
  readonly #live = new Set<PolicySession>()
  readonly #waiting = new Set<Waiting>()
  #ended = 0
  #running = 0

  constructor(private readonly options: RoundOptions) {}

  open(inner: PolicySession): PolicySession {
    this.#live.add(inner)
    return {
      complete: (newTokens, sampling, signal) =>
        this.#hold(sampling, signal, () => inner.complete(newTokens, sampling, signal)),
      close: () => {
        inner.close()
        this.#live.delete(inner)
      },
    }
  }

  /** Some trajectories end without a session: it is they that are counted. */
  ended(trajectories: number): void {
    this.#ended = trajectories
    this.#beginIfAllWait()
  }

  #hold(
    { seed }: Sampling,
    signal: AbortSignal | undefined,
    complete: () => Promise<Completion>,
  ): Promise<Completion> {
    return new Promise((resolve, reject) => {
      const begin = () => {
        signal?.removeEventListener('abort', begin)
        if (!this.#waiting.delete(waiting)) return
        this.#running++
        complete()
          .finally(() => {
            this.#running--
            this.#beginIfAllWait()
          })
          .then(resolve, reject)
      }
      const waiting: Waiting = { seed, begin }
      this.#waiting.add(waiting)
      // Whoever is cancelled learns it from the policy at once.
      if (signal?.aborted) begin()
      else signal?.addEventListener('abort', begin, { once: true })
      this.#beginIfAllWait()
    })
  }

  #beginIfAllWait(): void {
    const { trajectories, concurrency } = this.options
    const inFlight = Math.min(concurrency, trajectories - this.#ended)
    if (this.#running > 0 || this.#live.size < inFlight) return
    if (this.#waiting.size < this.#live.size) return
    const round = [...this.#waiting].sort((a, b) => a.seed - b.seed)
    for (const { begin } of round) begin()
  }
}
