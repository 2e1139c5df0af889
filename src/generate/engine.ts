// The policy that runs here: continuous batching over a paged cache. Sequences join and leave at
// any step; one that waits for a tool keeps its cache and takes no place in the batch.

import { present } from '../base/check.ts'
import { InfrastructureError, UserError } from '../base/errors.ts'
import type { Decoder } from '../model/decoder.ts'
import { inference } from '../tensor/autograd.ts'
import { scope } from '../tensor/scope.ts'
import type { Completion, Policy, PolicySession, Sampling } from '../trajectory/policy.ts'
import type { TokenId } from '../trajectory/segment.ts'
import { Cache } from './cache.ts'
import { copyTokens } from './copy-tokens.ts'
import { forwardPieces } from './forward.ts'
import { type PackedDecoder, packDecoder } from './packed-decoder.ts'
import { pagesFor } from './page.ts'
import { accept, drawsOf, type OnToken, type Request } from './request.ts'
import { type Draw, sample } from './sampler.ts'
import type { PlannedPiece, ScheduledSequence } from './scheduled-sequence.ts'
import { Scheduler, type SchedulerCounts } from './scheduler.ts'
import { StopDetector, type TokenDecoder } from './stop.ts'

export interface EngineOptions {
  /** Tokens that the cache holds, all sequences together. */
  readonly cacheTokens?: number
  /** Most sequences that decode in one step. */
  readonly maxBatch?: number
  /** Most prompt tokens that one step reads. */
  readonly prefillTokens?: number
  /** Most tokens of one sequence; the model's own context length by default. */
  readonly contextLength?: number
}

const defaults = { cacheTokens: 65_536, maxBatch: 128, prefillTokens: 1024 }

/** What the engine needs of a tokenizer: a fresh decoder for each completion. */
export type MakeDecoder = () => TokenDecoder

/** A session of the engine: `complete` can also be watched token by token. */
export interface EngineSession extends PolicySession {
  complete(
    newTokens: readonly TokenId[],
    sampling: Sampling,
    signal?: AbortSignal,
    onToken?: OnToken,
  ): Promise<Completion>
}

export class Engine implements Policy {
  readonly contextLength: number
  readonly #cache: Cache
  readonly #scheduler: Scheduler
  /** Open sequences, with the completion that is being written where one is. */
  readonly #requests = new Map<ScheduledSequence, Request | undefined>()
  #decoder: Decoder
  /** Made of the decoder when a step first needs it. */
  #packed: PackedDecoder | undefined
  #version = 0
  #isScheduled = false

  constructor(
    decoder: Decoder,
    private readonly makeDecoder: MakeDecoder,
    options: EngineOptions = {},
  ) {
    const { cacheTokens, maxBatch, prefillTokens } = { ...defaults, ...options }
    this.#decoder = decoder
    this.#scheduler = new Scheduler({ pages: pagesFor(cacheTokens), maxBatch, prefillTokens })
    const slots = this.#scheduler.capacity
    this.contextLength = Math.min(options.contextLength ?? decoder.config.contextLength, slots)
    const { dtype, device } = decoder.weights.embedding
    this.#cache = new Cache(decoder.config, { slots, dtype, device })
  }

  get version(): number {
    return this.#version
  }

  /** Bytes of the preallocated cache. */
  get cacheBytes(): number {
    return this.#cache.bytes
  }

  /** Tokens run through the model, found in the cache and read again, since the beginning. */
  get counts(): Readonly<SchedulerCounts> {
    return this.#scheduler.counts
  }

  /**
   * New weights from now on, the next version unless a run that goes on says which. What is in the
   * cache was computed with the old ones and is dropped.
   */
  replaceWeights(decoder: Decoder, version: number = this.#version + 1): void {
    this.#decoder = decoder
    this.#dropPacked()
    this.#version = version
    this.#scheduler.invalidate()
  }

  open(): EngineSession {
    const sequence = this.#scheduler.open()
    this.#requests.set(sequence, undefined)
    return {
      complete: (newTokens, sampling, signal, onToken) =>
        new Promise((resolve, reject) => {
          const settle = (outcome: Completion | Error) =>
            outcome instanceof Error ? reject(outcome) : resolve(outcome)
          this.#enqueue(sequence, newTokens, { sampling, signal, onToken, settle })
        }),
      close: () => this.#close(sequence),
    }
  }

  [Symbol.dispose](): void {
    for (const sequence of [...this.#requests.keys()]) this.#close(sequence)
    this.#dropPacked()
    this.#cache[Symbol.dispose]()
  }

  #enqueue(
    sequence: ScheduledSequence,
    newTokens: readonly TokenId[],
    wanted: Pick<Request, 'sampling' | 'settle'> & {
      readonly signal: AbortSignal | undefined
      readonly onToken: Request['onToken']
    },
  ): void {
    const { sampling, signal, settle, onToken } = wanted
    if (sequence.wantsToRun || !this.#requests.has(sequence)) {
      settle(new Error('defect: a session completes one prompt at a time, until it is closed'))
      return
    }
    const length = sequence.tokens.length + newTokens.length
    if (length >= this.contextLength) {
      settle(new UserError(`a prompt of ${length} tokens leaves no room in ${this.contextLength}`))
      return
    }
    const cancel = () => {
      if (this.#requests.get(sequence) === request) this.#release(sequence)
      settle(new InfrastructureError('cancelled', 'the completion was cancelled'))
    }
    const request: Request = {
      sampling,
      random: drawsOf(sampling),
      stop: new StopDetector(sampling.stopStrings, this.makeDecoder()),
      tokens: [],
      logprobs: [],
      plainLogprobs: [],
      onToken,
      settle: (outcome) => {
        signal?.removeEventListener('abort', cancel)
        settle(outcome)
      },
    }
    this.#scheduler.submit(sequence, newTokens)
    this.#requests.set(sequence, request)
    if (signal?.aborted) cancel()
    else signal?.addEventListener('abort', cancel, { once: true })
    this.#schedule()
  }

  /** One step per turn of the event loop, so that tools and timers are served in between. */
  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      try {
        this.#step()
      } catch (error) {
        this.#failAll(error instanceof Error ? error : new Error(String(error)))
      }
      if (this.#scheduler.isBusy) this.#schedule()
    })
  }

  #failAll(error: Error): void {
    for (const sequence of this.#requests.keys()) this.#release(sequence)?.settle(error)
  }

  /** Takes the sequence out of the batch; its cache stays. */
  #release(sequence: ScheduledSequence): Request | undefined {
    const request = this.#requests.get(sequence)
    this.#scheduler.pause(sequence)
    this.#requests.set(sequence, undefined)
    return request
  }

  #step(): void {
    const plan = this.#scheduler.plan()
    if (plan.length === 0) return
    const steps = scope(() => inference(() => this.#forward(plan)))
    this.#scheduler.commit(plan)
    for (const { sequence, request, drawn } of steps) {
      if (!drawn || !request || this.#requests.get(sequence) !== request) continue
      this.#scheduler.append(sequence, drawn.token)
      const isFull = sequence.tokens.length >= this.contextLength
      const finish = accept(request, drawn, isFull)
      if (!finish) continue
      this.#release(sequence)
      const { tokens, logprobs, plainLogprobs } = request
      const asked = request.sampling.withPlainLogprobs === true && { plainLogprobs }
      request.settle({ tokens, logprobs, ...asked, finish, policyVersion: this.#version })
    }
  }

  /** Draws a token for each piece that reaches its sequence's end; the others only read. */
  #forward(plan: readonly PlannedPiece[]) {
    this.#packed ??= packDecoder(this.#decoder)
    copyTokens(this.#cache, plan)
    const logits = forwardPieces(this.#packed.decoder, this.#cache, plan)
    const requests = plan.map(({ sequence }) => present(this.#requests.get(sequence), 'request'))
    const draws = requests.map(({ sampling, random }, index): Draw => {
      const uniform = plan[index]?.draws ? random.uniform() : 0
      return { ...sampling, uniform }
    })
    const drawn = sample(logits, draws)
    return plan.map(({ sequence, draws: isDrawn }, index) => ({
      sequence,
      request: requests[index],
      drawn: isDrawn ? drawn[index] : undefined,
    }))
  }

  #dropPacked(): void {
    this.#packed?.[Symbol.dispose]()
    this.#packed = undefined
  }

  #close(sequence: ScheduledSequence): void {
    if (!this.#requests.has(sequence)) return
    const request = this.#release(sequence)
    this.#requests.delete(sequence)
    this.#scheduler.close(sequence)
    request?.settle(new InfrastructureError('cancelled', 'the session was closed'))
  }
}
