// The trajectories in flight: starts members as places become free, collects them into groups.

import { present } from '../base/check.ts'
import { UserError } from '../base/errors.ts'
import type { Problem } from '../data/problem.ts'
import type { Trajectory } from '../trajectory/trajectory.ts'
import type { Group } from './group.ts'
import type { RolloutOptions } from './options.ts'
import { rolloutOne } from './rollout-one.ts'
import { Tally } from './tally.ts'

/** A group that is begun and not complete. */
interface OpenGroup {
  readonly problem: Problem
  readonly position: number
  readonly members: (Trajectory | undefined)[]
  readonly controller: AbortController
  started: number
}

export class GroupPool implements AsyncDisposable {
  readonly #problems: AsyncIterator<Problem> | Iterator<Problem>
  readonly #concurrency: number
  readonly #groupsAhead: number
  readonly #tally: Tally
  readonly #stopAll = new AbortController()
  readonly #open: OpenGroup[] = []
  /** Complete groups by position, in the order of their completion. */
  readonly #ready = new Map<number, Group>()
  readonly #running = new Set<Promise<void>>()
  #pulled = 0
  #taken = 0
  #pulling = false
  #exhausted = false
  #error: { readonly value: unknown } | undefined
  #wake: () => void = () => {}

  constructor(
    problems: Iterable<Problem> | AsyncIterable<Problem>,
    private readonly options: RolloutOptions,
  ) {
    const { groupSize, concurrency = 256 } = options
    checkPositive('groupSize', groupSize)
    checkPositive('concurrency', concurrency)
    this.#concurrency = concurrency
    this.#groupsAhead = options.groupsAhead ?? 2 * Math.ceil(concurrency / groupSize)
    checkPositive('groupsAhead', this.#groupsAhead)
    this.#problems =
      Symbol.asyncIterator in problems
        ? problems[Symbol.asyncIterator]()
        : problems[Symbol.iterator]()
    this.#tally = new Tally(options)
    options.signal?.addEventListener('abort', this.#abort)
    if (options.signal?.aborted) this.#abort()
  }

  /** The next complete group, or undefined when all have been taken. */
  async next(): Promise<Group | undefined> {
    for (;;) {
      if (this.#error) throw this.#error.value
      this.#pump()
      const group = this.#take()
      if (group) return group
      if (this.#isIdle()) break
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    this.options.signal?.throwIfAborted()
    this.#tally.close()
    return undefined
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#exhausted = true
    this.#stopAll.abort()
    this.options.signal?.removeEventListener('abort', this.#abort)
    await Promise.allSettled(this.#running)
    // A source that still owes a problem may never answer: it is told, and not waited for.
    const returned = Promise.resolve(this.#problems.return?.()).catch(() => undefined)
    if (!this.#pulling) await returned
  }

  readonly #abort = (): void => {
    this.#exhausted = true
    this.#stopAll.abort()
    this.#pump()
    this.#wake()
  }

  #isIdle(): boolean {
    const pulling = this.#pulling && !this.#stopAll.signal.aborted
    return this.#exhausted && !pulling && this.#open.length === 0 && this.#ready.size === 0
  }

  #take(): Group | undefined {
    const inOrder = this.options.order === 'input'
    const position = inOrder ? this.#taken : this.#ready.keys().next().value
    const group = position === undefined ? undefined : this.#ready.get(position)
    if (position === undefined || !group) return undefined
    this.#ready.delete(position)
    this.#taken++
    return group
  }

  /** Starts what may start. Called whenever a place or a group becomes free. */
  #pump(): void {
    // Stopped members end at once, so they need no place.
    while (this.#running.size < this.#concurrency || this.#stopAll.signal.aborted) {
      const group = this.#open.find((candidate) => candidate.started < this.options.groupSize)
      if (group) this.#start(group)
      else {
        const begun = this.#open.length + this.#ready.size
        if (!this.#exhausted && !this.#pulling && begun < this.#groupsAhead) void this.#pull()
        return
      }
    }
  }

  async #pull(): Promise<void> {
    this.#pulling = true
    try {
      const { done, value } = await this.#problems.next()
      if (done) this.#exhausted = true
      else if (!this.#exhausted) this.#begin(value)
    } catch (error) {
      this.#fail(error)
    } finally {
      this.#pulling = false
      this.#pump()
      this.#wake()
    }
  }

  #begin(problem: Problem): void {
    this.#open.push({
      problem,
      position: this.#pulled++,
      members: Array(this.options.groupSize).fill(undefined),
      controller: new AbortController(),
      started: 0,
    })
  }

  #start(group: OpenGroup): void {
    const member = group.started++
    const running = this.#roll(group, member)
      .then((trajectory) => this.#end(group, member, trajectory))
      .catch((error) => this.#fail(error))
      .finally(() => {
        this.#running.delete(running)
        this.#tally.running = this.#running.size
        this.#pump()
        this.#wake()
      })
    this.#running.add(running)
    this.#tally.running = this.#running.size
  }

  #roll({ problem, position, controller }: OpenGroup, member: number): Promise<Trajectory> {
    const group = `${this.options.name}/${position}`
    return rolloutOne(
      {
        id: `${group}/${member}`,
        problemId: problem.id,
        question: problem.question,
        group,
        onWaiting: (waiting) => this.#tally.waiting(waiting),
      },
      {
        ...this.options,
        signal: AbortSignal.any([controller.signal, this.#stopAll.signal]),
        onSegment: (id, segment) => {
          this.#tally.segment(segment)
          this.options.onSegment?.(id, segment)
        },
      },
    )
  }

  #end(group: OpenGroup, member: number, trajectory: Trajectory): void {
    group.members[member] = trajectory
    const ended = group.members.filter((value) => value !== undefined)
    if (ended.length === this.options.groupSize) {
      this.#open.splice(this.#open.indexOf(group), 1)
      const trajectories = group.members.map((value) => present(value, 'member'))
      this.#ready.set(group.position, { problem: group.problem, trajectories })
      this.#tally.groupsDone++
    } else if (this.options.isSettled?.(group.problem, ended)) group.controller.abort()
    this.#tally.ended(trajectory)
  }

  /** Ends everything; `next` then throws the value. */
  #fail(value: unknown): void {
    this.#error ??= { value }
    this.#exhausted = true
    this.#stopAll.abort()
  }
}

function checkPositive(name: string, value: number): void {
  if (!Number.isInteger(value) || value < 1) {
    throw new UserError(`${name} must be a whole number of at least 1, not ${value}`)
  }
}
