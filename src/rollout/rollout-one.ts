// One trajectory: the policy writes, a tool answers, the policy goes on, until something ends it.

import { InfrastructureError } from '../base/errors.ts'
import { RandomStream } from '../base/random.ts'
import { callTool } from '../tool/call-tool.ts'
import { firstContext } from '../tool/first-context.ts'
import { interpreterName } from '../tool/retool-protocol.ts'
import { encodePieces } from '../tool/text-codec.ts'
import type { Move } from '../tool/tool.ts'
import type { ToolCall, ToolOutput } from '../trajectory/call.ts'
import type { Completion } from '../trajectory/policy.ts'
import type { Segment, TokenId } from '../trajectory/segment.ts'
import type { Failure, LimitName, Stop, Trajectory } from '../trajectory/trajectory.ts'
import { cutOutput } from './cut-output.ts'
import type { TrajectoryLimits } from './limits.ts'
import { trajectoryLimits } from './limits.ts'
import type { TrajectoryOptions } from './options.ts'
import { RenewedSession } from './renewed-session.ts'
import { retrying } from './retrying.ts'

/** What is attempted, and under which names. */
export interface RolloutRequest {
  readonly id: string
  readonly problemId: string
  readonly question: string
  /** A first context that is already tokens, such as a chat so far, in place of the question. */
  readonly context?: readonly TokenId[]
  /** Names its random streams, if not the id does: two attempts with one name are drawn alike. */
  readonly stream?: string
  /** Shared by the attempts at one problem, so that its first context is read once. */
  readonly group?: string
  /** Told when the attempt begins and ends to wait for a tool. */
  readonly onWaiting?: (waiting: boolean) => void
}

/**
 * Rolls out one attempt. Everything that happens to it is in the trajectory; what rejects is a
 * mistake of the user or a defect of ours. The policy saw exactly the segments laid end to end,
 * save a last tool segment after which a limit or an abort ended the trajectory.
 */
export async function rolloutOne(
  attempt: RolloutRequest,
  options: TrajectoryOptions,
): Promise<Trajectory> {
  using clock = new WallClock(trajectoryLimits(options.limits).wallTimeMs, options.signal)
  const run = new TrajectoryRun(attempt, options, clock.signal)
  const stop = await run.stop()
  return {
    id: attempt.id,
    problemId: attempt.problemId,
    segments: run.segments,
    stop,
    policyVersion: run.policyVersion,
    durationMs: clock.elapsedMs(),
  }
}

const wallTimeIsUp = new Error('the wall time of the trajectory is up')

/** A signal that aborts with the given one, or when the wall time is up. */
class WallClock implements Disposable {
  readonly signal: AbortSignal
  readonly #started = performance.now()
  readonly #timer: NodeJS.Timeout

  constructor(wallTimeMs: number, signal: AbortSignal | undefined) {
    const late = new AbortController()
    this.#timer = setTimeout(() => late.abort(wallTimeIsUp), Math.min(wallTimeMs, 2 ** 31 - 1))
    this.signal = signal ? AbortSignal.any([signal, late.signal]) : late.signal
  }

  elapsedMs(): number {
    return performance.now() - this.#started
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
  }
}

/** A failure of ours that outlived its retries, with the border where it happened. */
class BorderError extends Error {
  constructor(readonly failure: Failure) {
    super(failure.message)
  }
}

class TrajectoryRun {
  readonly segments: Segment[] = []
  policyVersion: number
  readonly #limits: TrajectoryLimits
  readonly #tokenBudget: number
  readonly #session: RenewedSession
  #tokens = 0
  #toolTokens = 0
  #toolCalls = 0
  #turns = 0

  constructor(
    private readonly attempt: RolloutRequest,
    private readonly options: TrajectoryOptions,
    private readonly signal: AbortSignal,
  ) {
    this.#limits = trajectoryLimits(options.limits)
    this.#tokenBudget = Math.min(this.#limits.trajectoryTokens, options.policy.contextLength)
    this.#session = new RenewedSession(options.policy, attempt.group)
    this.policyVersion = options.policy.version
  }

  /** Runs to the end: the one place where what was thrown becomes a stop. */
  async stop(): Promise<Stop> {
    try {
      this.signal.throwIfAborted()
      this.#push({
        author: 'context',
        tokens: this.attempt.context ?? (await firstContext(this.attempt.question, this.options)),
      })
      for (;;) {
        const stop = await this.#turn()
        if (stop) return stop
      }
    } catch (error) {
      if (error instanceof BorderError) return { kind: 'failed', failure: error.failure }
      if (!this.signal.aborted) throw error
      return this.signal.reason === wallTimeIsUp ? limit('wallTime') : { kind: 'cancelled' }
    } finally {
      this.#session.close()
      await this.#releaseTools()
    }
  }

  /** One completion and what follows from it; undefined where the policy is to go on. */
  async #turn(): Promise<Stop | undefined> {
    const room = this.#tokenBudget - this.#tokens
    if (room < 1) return limit('trajectoryTokens')
    const completion = await this.#complete(Math.min(room, this.#limits.turnTokens))
    this.#push({ author: 'policy', tokens: completion.tokens, logprobs: completion.logprobs })
    this.#turns++
    if (completion.finish.kind === 'length') {
      return limit(this.#limits.turnTokens < room ? 'turnTokens' : 'trajectoryTokens')
    }
    const move = this.options.protocol.parse(await this.#text(completion), this.options.tools)
    switch (move.kind) {
      case 'answer':
        return { kind: 'answered' }
      case 'none':
        return { kind: 'ended' }
      case 'malformed':
        return this.#malformed(move, completion)
      case 'call':
        return this.#call(move.call)
      default:
        return move satisfies never
    }
  }

  async #complete(tokenLimit: number): Promise<Completion> {
    const { protocol, sampling, stopTokens, seed } = this.options
    const { id, stream: name = id } = this.attempt
    const stream = RandomStream.named(seed, `${name}/turn-${this.#turns}`)
    const drawn = {
      ...sampling,
      tokenLimit,
      stopTokens,
      stopStrings: protocol.stopStrings,
      seed: stream.word(),
    }
    const completion = await this.#atBorder('policy', () =>
      this.#session.complete(this.segments, drawn, this.signal),
    )
    if (this.#turns === 0) this.policyVersion = completion.policyVersion
    return completion
  }

  /** The completion's text up to the end of its stop string, or without its stop token. */
  async #text({ tokens, finish }: Completion): Promise<string> {
    const { codec } = this.options
    const ended = finish.kind === 'stopToken' && tokens.at(-1) === finish.token
    const text = await codec.decode(ended ? tokens.slice(0, -1) : tokens)
    if (finish.kind !== 'stopString') return text
    const start = text.indexOf(finish.text)
    return start === -1 ? text : text.slice(0, start + finish.text.length)
  }

  async #malformed(
    move: Extract<Move, { kind: 'malformed' }>,
    completion: Completion,
  ): Promise<Stop | undefined> {
    // A turn that the policy has closed cannot be gone on with.
    const closed =
      this.options.protocol.outputTurn === 'same' && completion.finish.kind === 'stopToken'
    if (closed || this.options.onMalformed === 'end') return { kind: 'malformed', name: move.name }
    if (this.#turns >= this.#limits.turns) return limit('turns')
    const call: ToolCall = { tool: 'malformed', arguments: { name: move.name } }
    return this.#answer(call, { text: move.told, ok: false, status: 'malformed', durationMs: 0 })
  }

  async #call(call: ToolCall): Promise<Stop | undefined> {
    if (this.#turns >= this.#limits.turns) return limit('turns')
    if (this.#toolCalls >= this.#limits.toolCalls) return limit('toolCalls')
    this.#toolCalls++
    const tool = this.options.tools.find((candidate) => candidate.name === call.tool)
    if (!tool) throw new Error(`defect: the protocol parsed a call to unknown tool ${call.tool}`)
    const context = { trajectoryId: this.attempt.id, signal: this.signal }
    this.attempt.onWaiting?.(true)
    try {
      const border = tool.name === interpreterName ? 'sandbox' : 'tool'
      const output = await this.#atBorder(border, () => callTool(tool, call, context))
      return await this.#answer(call, output)
    } finally {
      this.attempt.onWaiting?.(false)
    }
  }

  /** Appends the output, unless the policy could no longer read it. */
  async #answer(call: ToolCall, whole: ToolOutput): Promise<Stop | undefined> {
    const { codec, protocol } = this.options
    const output = await cutOutput(whole, codec, this.#limits.outputTokens)
    const tokens = await encodePieces(codec, protocol.renderOutput(output.text))
    if (this.#tokens + tokens.length >= this.#tokenBudget) return limit('trajectoryTokens')
    this.#push({ author: 'tool', tokens, call, output })
    this.#toolTokens += tokens.length
    return this.#toolTokens > this.#limits.toolTokens ? limit('toolTokens') : undefined
  }

  /** Retries what is ours; what stays broken ends the trajectory as failed at this border. */
  async #atBorder<T>(border: Failure['border'], work: () => Promise<T>): Promise<T> {
    const { retries = 2, retryDelayMs = 200 } = this.options
    try {
      return await retrying(work, { retries, retryDelayMs }, this.signal)
    } catch (error) {
      this.signal.throwIfAborted()
      if (!(error instanceof InfrastructureError)) throw error
      throw new BorderError({ border, kind: error.kind, message: error.message })
    }
  }

  #push(segment: Segment): void {
    this.segments.push(segment)
    this.#tokens += segment.tokens.length
    this.options.onSegment?.(this.attempt.id, segment)
  }

  async #releaseTools(): Promise<void> {
    await Promise.allSettled(this.options.tools.map((tool) => tool.release?.(this.attempt.id)))
  }
}

function limit(name: LimitName): Stop {
  return { kind: 'limit', limit: name }
}
