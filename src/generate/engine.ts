// The policy that runs here: continuous batching over a paged cache. Sequences join and leave at
// any step; one that waits for a tool keeps its cache and takes no place in the batch.

import { InfrastructureError, UserError } from '../base/errors.ts'
import type { Decoder } from '../model/decoder.ts'
import { inference } from '../tensor/autograd.ts'
import { scope } from '../tensor/scope.ts'
import type { Completion, Policy, PolicySession, Sampling } from '../trajectory/policy.ts'
import type { TokenId } from '../trajectory/segment.ts'
import { Cache } from './cache.ts'
import { forwardPieces } from './forward.ts'
import { PagePool, pageSize, pagesFor, slotsOf } from './page-pool.ts'
import type { Piece } from './piece.ts'
import { type Draw, sample } from './sampler.ts'
import { accept, drawsOf, type Request, type Sequence } from './sequence.ts'
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
    onToken?: (token: TokenId) => void,
  ): Promise<Completion>
}

export class Engine implements Policy {
  readonly contextLength: number
  readonly #cache: Cache
  readonly #pages: PagePool
  readonly #sequences = new Set<Sequence>()
  readonly #options: Required<Omit<EngineOptions, 'contextLength'>>
  #decoder: Decoder
  #version = 0
  #isScheduled = false

  constructor(
    decoder: Decoder,
    private readonly makeDecoder: MakeDecoder,
    options: EngineOptions = {},
  ) {
    this.#options = { ...defaults, ...options }
    this.#decoder = decoder
    this.contextLength = options.contextLength ?? decoder.config.contextLength
    const { dtype, device } = decoder.weights.embedding
    this.#pages = new PagePool(pagesFor(this.#options.cacheTokens))
    const slots = this.#pages.pages * pageSize
    this.#cache = new Cache(decoder.config, { slots, dtype, device })
  }

  get version(): number {
    return this.#version
  }

  /** Bytes of the preallocated cache. */
  get cacheBytes(): number {
    return this.#cache.bytes
  }

  /** New weights from now on. What is in the cache was computed with the old ones and is dropped. */
  replaceWeights(decoder: Decoder): void {
    this.#decoder = decoder
    this.#version++
    for (const sequence of this.#sequences) this.#forget(sequence)
  }

  open(): EngineSession {
    const sequence: Sequence = { tokens: [], cached: 0, pages: [], request: undefined }
    this.#sequences.add(sequence)
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
    for (const sequence of [...this.#sequences]) this.#close(sequence)
    this.#cache[Symbol.dispose]()
  }

  #enqueue(
    sequence: Sequence,
    newTokens: readonly TokenId[],
    wanted: Pick<Request, 'sampling' | 'settle'> & {
      readonly signal: AbortSignal | undefined
      readonly onToken: Request['onToken']
    },
  ): void {
    const { sampling, signal, settle, onToken } = wanted
    if (sequence.request || !this.#sequences.has(sequence)) {
      settle(new Error('defect: a session completes one prompt at a time, until it is closed'))
      return
    }
    sequence.tokens.push(...newTokens)
    if (sequence.tokens.length >= this.contextLength) {
      const length = sequence.tokens.length
      settle(new UserError(`a prompt of ${length} tokens leaves no room in ${this.contextLength}`))
      return
    }
    const cancel = () => {
      if (sequence.request === request) sequence.request = undefined
      settle(new InfrastructureError('cancelled', 'the completion was cancelled'))
    }
    const request: Request = {
      sampling,
      random: drawsOf(sampling),
      stop: new StopDetector(sampling.stopStrings, this.makeDecoder()),
      tokens: [],
      logprobs: [],
      onToken,
      settle: (outcome) => {
        signal?.removeEventListener('abort', cancel)
        settle(outcome)
      },
    }
    sequence.request = request
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
      if ([...this.#sequences].some((sequence) => sequence.request)) this.#schedule()
    })
  }

  #failAll(error: Error): void {
    for (const sequence of this.#sequences) {
      const { request } = sequence
      sequence.request = undefined
      request?.settle(error)
    }
  }

  #step(): void {
    const planned = this.#plan()
    if (planned.length === 0) return
    const draws = scope(() => inference(() => this.#forward(planned)))
    for (const { sequence, piece, request, drawn } of draws) {
      sequence.cached = piece.start + piece.tokens.length
      if (!drawn || sequence.request !== request) continue
      const finish = accept(sequence, request, drawn, this.contextLength)
      if (!finish) continue
      sequence.request = undefined
      const { tokens, logprobs } = request
      request.settle({ tokens, logprobs, finish, policyVersion: this.#version })
    }
  }

  #forward(planned: readonly Planned[]) {
    const pieces = planned.map(({ piece }) => piece)
    const logits = forwardPieces(this.#decoder, this.#cache, pieces)
    const draws = planned.map(({ request }): Draw => {
      return { ...request.sampling, uniform: request.random.uniform() }
    })
    const drawn = sample(logits, draws)
    return planned.map((plan, index) => ({ ...plan, drawn: drawn[index] }))
  }

  /** Who runs in this step: decoding sequences, then prompts as far as the budget goes. */
  #plan(): Planned[] {
    const planned: Planned[] = []
    let budget = this.#options.prefillTokens
    for (const sequence of this.#sequences) {
      const { request } = sequence
      if (!request || planned.length >= this.#options.maxBatch) continue
      const pending = sequence.tokens.length - sequence.cached
      if (pending > 1 && budget <= 0) continue
      if (!this.#reserve(sequence)) continue
      if (pending > 1) budget -= pending
      const slots = slotsOf(sequence.pages, sequence.tokens.length)
      const tokens = sequence.tokens.slice(sequence.cached)
      planned.push({ sequence, request, piece: { tokens, start: sequence.cached, slots } })
    }
    if (planned.length === 0 && [...this.#sequences].some((sequence) => sequence.request)) {
      throw new InfrastructureError('overloaded', 'the cache is too small for one sequence')
    }
    return planned
  }

  #reserve(sequence: Sequence): boolean {
    const missing = pagesFor(sequence.tokens.length) - sequence.pages.length
    if (missing <= 0) return true
    const pages = this.#pages.take(missing)
    if (pages) sequence.pages.push(...pages)
    return pages !== undefined
  }

  #forget(sequence: Sequence): void {
    this.#pages.give(sequence.pages.splice(0))
    sequence.cached = 0
  }

  #close(sequence: Sequence): void {
    if (!this.#sequences.delete(sequence)) return
    this.#forget(sequence)
    const { request } = sequence
    sequence.request = undefined
    request?.settle(new InfrastructureError('cancelled', 'the session was closed'))
  }
}

interface Planned {
  readonly sequence: Sequence
  readonly request: Request
  readonly piece: Piece
}
