// Counts what a rollout does: progress, warnings about limits, and the threshold for failures.

import { InfrastructureError } from '../base/errors.ts'
import type { Segment } from '../trajectory/segment.ts'
import type { Failure, Trajectory } from '../trajectory/trajectory.ts'
import type { RolloutOptions } from './options.ts'
import { limitWarnings, stopName } from './stop-shares.ts'

/** Below these counts a share says nothing. */
const leastFailures = 5
const leastForWarning = 20

export class Tally {
  running = 0
  groupsDone = 0
  #waitingForTools = 0
  #policyTokens = 0
  #ended = 0
  readonly #stops = new Map<string, number>()
  readonly #failures: Failure[] = []
  readonly #warned = new Set<string>()
  readonly #started = performance.now()

  constructor(private readonly options: RolloutOptions) {}

  waiting(waiting: boolean): void {
    this.#waitingForTools += waiting ? 1 : -1
    this.#report()
  }

  segment(segment: Segment): void {
    if (segment.author === 'policy') this.#policyTokens += segment.tokens.length
    this.#report()
  }

  /** Counts the trajectory. Throws when too many have failed. */
  ended(trajectory: Trajectory): void {
    const name = stopName(trajectory.stop)
    this.#stops.set(name, (this.#stops.get(name) ?? 0) + 1)
    this.#ended++
    if (trajectory.stop.kind === 'failed') this.#failures.push(trajectory.stop.failure)
    this.#report()
    if (this.#ended >= leastForWarning) this.#warn()
    this.#checkFailures(leastFailures)
  }

  /** At the end even a few trajectories are all there are. */
  close(): void {
    this.#warn()
    if (this.#failures.length === this.#ended) this.#checkFailures(1)
  }

  #report(): void {
    const seconds = (performance.now() - this.#started) / 1000
    this.options.onProgress?.({
      groupsDone: this.groupsDone,
      trajectoriesDone: this.#ended,
      trajectoriesRunning: this.running,
      waitingForTools: this.#waitingForTools,
      policyTokens: this.#policyTokens,
      tokensPerSecond: this.#policyTokens / Math.max(seconds, 1e-3),
    })
  }

  #warn(): void {
    const shares = [...this.#stops].map(([name, count]) => [name, count / this.#ended])
    for (const message of limitWarnings(Object.fromEntries(shares))) {
      const limit = message.split(' ended ')[0] ?? message
      if (!this.#warned.has(limit)) this.options.warn?.(message)
      this.#warned.add(limit)
    }
  }

  #checkFailures(least: number): void {
    const failures = this.#failures
    const share = this.options.failedShare ?? 0.1
    if (failures.length < least || failures.length <= share * this.#ended) return
    const kinds = [...new Set(failures.map(({ border, kind }) => `${border}/${kind}`))].join(', ')
    const last = failures.at(-1)?.message ?? ''
    throw new InfrastructureError(
      'too_many_failures',
      `${failures.length} of ${this.#ended} trajectories failed through faults of ours (${kinds}), more than the share of ${share} that failedShare allows; the last one: ${last}`,
    )
  }
}
