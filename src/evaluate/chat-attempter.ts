// Attempts by a model that is talked to in messages. It calls either in the paper's tags, as text,
// and reads the interpreter's reply as the next message, or by its server's own tool calls.

import { InfrastructureError } from '../base/errors.ts'
import { lastBoxed } from '../base/last-boxed.ts'
import { RandomStream } from '../base/random.ts'
import { retrying } from '../rollout/retrying.ts'
import { callTool } from '../tool/call-tool.ts'
import { reToolProtocol } from '../tool/retool-protocol.ts'
import type { Tool } from '../tool/tool.ts'
import { declarationOf } from '../tool/tool.ts'
import type { ToolCall, ToolOutput } from '../trajectory/call.ts'
import type { ChatModel, ChatReply, ChatTurn } from '../trajectory/chat-model.ts'
import type { Segment, TokenId } from '../trajectory/segment.ts'
import type { Failure, Stop } from '../trajectory/trajectory.ts'
import type { Attempter, AttemptName } from './attempter.ts'
import { readCall } from './read-chat-call.ts'

/** How calls are made: in ReTool's tags, or by the server's tool calls. */
export type CallStyle = 'text' | 'tools'

export interface ChatAttempts {
  readonly model: ChatModel
  /** The interpreter, or none. */
  readonly tools: readonly Tool[]
  readonly calls: CallStyle
  readonly temperature: number
  readonly topP: number
  readonly turnTokens: number
  /** Of all replies; counts only where the server counts. */
  readonly trajectoryTokens: number
  readonly turns: number
  readonly seed: number
  /** Further tries after what may pass; 4 if omitted, the first after a second. */
  readonly retries?: number
  readonly retryDelayMs?: number
}

const solveWithTools =
  'Solve the problem step by step, calling the tool where it helps. Close with the final answer in \\boxed{}.'

/** The trajectory's tokens are the bytes of its text: what the server's tokens were is not known. */
export function chatAttempter(options: ChatAttempts): Attempter {
  return {
    async attempt(problem, name, signal = new AbortController().signal) {
      const started = performance.now()
      const chat = new ChatRun(problem.question, name, options, signal)
      const stop = await chat.stop()
      const { segments, tokens } = chat
      const trajectory = {
        id: name.id,
        problemId: problem.id,
        segments,
        stop,
        policyVersion: 0,
        durationMs: performance.now() - started,
      }
      return { trajectory, tokens }
    },
    decode: (tokens) => Buffer.from(tokens).toString('utf8'),
  }
}

const bytesOf = (text: string): readonly TokenId[] => [...Buffer.from(text)]

class ChatRun {
  readonly segments: Segment[] = []
  /** What the server counted of the replies; null once it did not. */
  tokens: number | null = 0
  readonly #messages: ChatTurn[]
  readonly #byTools: boolean
  /** Whom the run waits for. */
  #border: Failure['border'] = 'policy'

  constructor(
    question: string,
    private readonly name: AttemptName,
    private readonly options: ChatAttempts,
    private readonly signal: AbortSignal,
  ) {
    const { tools, calls } = options
    this.#byTools = calls === 'tools' && tools.length > 0
    this.#messages = this.#byTools
      ? [{ role: 'user', content: `${solveWithTools}\n\nProblem:\n${question}` }]
      : [...reToolProtocol.messages(question, tools)]
  }

  async stop(): Promise<Stop> {
    try {
      const prompt = this.#messages.map(({ content }) => content).join('\n')
      this.segments.push({ author: 'context', tokens: bytesOf(prompt) })
      for (let turn = 1; ; turn++) {
        const stop = await this.#turn(turn)
        if (stop) return stop
      }
    } catch (error) {
      if (this.signal.aborted) return { kind: 'cancelled' }
      if (!(error instanceof InfrastructureError)) throw error
      const { kind, message } = error
      return { kind: 'failed', failure: { border: this.#border, kind, message } }
    } finally {
      const { tools } = this.options
      await Promise.allSettled(tools.map((tool) => tool.release?.(this.name.id)))
    }
  }

  /** One reply and what follows from it; undefined where the model is to go on. */
  async #turn(turn: number): Promise<Stop | undefined> {
    const room = this.options.trajectoryTokens - (this.tokens ?? 0)
    if (room < 1) return { kind: 'limit', limit: 'trajectoryTokens' }
    const reply = await this.#reply(turn, Math.min(room, this.options.turnTokens))
    const isLast = turn >= this.options.turns
    if (reply.calls.length > 0) return await this.#answerCalls(reply, isLast)
    const text = reply.isCut || this.#byTools ? reply.text : withClosingTag(reply.text)
    this.#said(text)
    if (reply.isCut) return { kind: 'limit', limit: 'turnTokens' }
    if (this.#byTools) return { kind: lastBoxed(text) === undefined ? 'ended' : 'answered' }
    const move = reToolProtocol.parse(text, this.options.tools)
    if (move.kind === 'answer') return { kind: 'answered' }
    if (move.kind === 'none') return { kind: 'ended' }
    if (isLast) return { kind: 'limit', limit: 'turns' }
    this.#messages.push({ role: 'assistant', content: text })
    const [call, output] =
      move.kind === 'call'
        ? [move.call, await this.#run(move.call)]
        : malformed(move.name, move.told)
    const told = reToolProtocol.renderOutput(output.text).map((piece) => piece.text)
    this.#heard(call, output, { role: 'user', content: told.join('').trim() })
    return undefined
  }

  async #reply(turn: number, tokenLimit: number): Promise<ChatReply> {
    const { model, tools, temperature, topP, seed } = this.options
    const { retries = 4, retryDelayMs = 1_000 } = this.options
    const request = {
      messages: [...this.#messages],
      ...(this.#byTools && { tools: tools.map(declarationOf) }),
      temperature,
      topP,
      tokenLimit,
      stopStrings: this.#byTools ? [] : reToolProtocol.stopStrings,
      seed: RandomStream.named(seed, `${this.name.id}/turn-${turn}`).word(),
    }
    const reply = await retrying(
      () => model.reply(request, this.signal),
      { retries, retryDelayMs },
      this.signal,
    )
    const { completionTokens } = reply
    this.tokens =
      this.tokens === null || completionTokens === null ? null : this.tokens + completionTokens
    return reply
  }

  async #answerCalls({ text, calls }: ReplyWithCalls, isLast: boolean): Promise<Stop | undefined> {
    const read = calls.map((call) => readCall(call, this.options.tools))
    this.#said([text, ...read.map(({ code }) => code)].filter((part) => part !== '').join('\n'))
    if (isLast) return { kind: 'limit', limit: 'turns' }
    this.#messages.push({ role: 'assistant', content: text, calls })
    for (const [index, { call, told }] of read.entries()) {
      const callId = calls[index]?.id ?? ''
      const [made, output] =
        told === null ? [call, await this.#run(call)] : malformed('wrongArguments', told)
      this.#heard(made, output, { role: 'tool', content: output.text, callId })
    }
    return undefined
  }

  async #run(call: ToolCall): Promise<ToolOutput> {
    const tool = this.options.tools.find(({ name }) => name === call.tool)
    if (!tool) throw new Error(`defect: a call to unknown tool ${call.tool} was read`)
    const context = { trajectoryId: this.name.id, signal: this.signal }
    this.#border = 'sandbox'
    const output = await retrying(
      () => callTool(tool, call, context),
      { retries: 2, retryDelayMs: 200 },
      this.signal,
    )
    this.#border = 'policy'
    return output
  }

  #said(text: string): void {
    this.segments.push({ author: 'policy', tokens: bytesOf(text), logprobs: null })
  }

  #heard(call: ToolCall, output: ToolOutput, message: ChatTurn): void {
    this.segments.push({ author: 'tool', tokens: bytesOf(message.content), call, output })
    this.#messages.push(message)
  }
}

type ReplyWithCalls = Pick<ChatReply, 'text' | 'calls'>

/** Servers cut off the stop string that ended a reply. */
function withClosingTag(text: string): string {
  for (const name of ['code', 'answer']) {
    if (text.lastIndexOf(`<${name}>`) > text.lastIndexOf(`</${name}>`)) return `${text}</${name}>`
  }
  return text
}

function malformed(name: string, told: string): [ToolCall, ToolOutput] {
  const call = { tool: 'malformed', arguments: { name } }
  return [call, { text: told, ok: false, status: 'malformed', durationMs: 0 }]
}
