// The chat itself: opens the model, then answers one question or many.

import { randomInt } from 'node:crypto'
import { type OpenPolicy, openPolicy } from '../../policy/open-policy.ts'
import { createSandbox } from '../../sandbox/create-sandbox.ts'
import { setThreadCount } from '../../tensor/device.ts'
import { interpreter } from '../../tool/interpreter.ts'
import type { Tool } from '../../tool/tool.ts'
import { isLive, usesColour } from '../terminal.ts'
import { type Answer, answer, type Speaker } from './answer.ts'
import { answerRecord } from './answer-record.ts'
import type { ChatOptions } from './chat-options.ts'
import { type Conversation, emptyConversation } from './conversation.ts'
import { Painter } from './painter.ts'
import { Interruption, readQuestions } from './read-questions.ts'
import { stopNote } from './stop-note.ts'

/** Longest conversation unless the model's own limit or --context says less or more. */
const defaultContext = 8192

export async function runChat(options: ChatOptions): Promise<void> {
  if (options.threads !== undefined) setThreadCount(options.threads)
  using policy = await open(options)
  await using sandbox = options.tools ? await openSandbox() : undefined
  const speaker = speakerOf(policy, options, sandbox?.tools ?? [])
  using interruption = new Interruption()
  const chat = new Chat(options, speaker, interruption)
  if (options.prompt === undefined) await chat.talk()
  else await chat.answerOnce(options.prompt, policy.source.name)
}

async function open({ model, adapter, template, dtype, device, context, tools }: ChatOptions) {
  if (isLive(process.stderr)) process.stderr.write(`opening ${model} ...\n`)
  const length = context ?? defaultContext
  return openPolicy(model, {
    ...(adapter !== undefined && { adapter }),
    ...(template !== undefined && { template }),
    ...(dtype !== undefined && { dtype }),
    ...(device !== undefined && { device }),
    hasTools: tools,
    contextLength: length,
    cacheTokens: length,
  })
}

async function openSandbox(): Promise<{ readonly tools: readonly Tool[] } & AsyncDisposable> {
  const sandbox = await createSandbox({ workers: 1 })
  return {
    tools: [interpreter(sandbox)],
    [Symbol.asyncDispose]: () => sandbox.close(),
  }
}

function speakerOf(policy: OpenPolicy, options: ChatOptions, tools: readonly Tool[]): Speaker {
  const { engine, tokenizer, template, stopTokens, source } = policy
  const { sample = true, temperature = 0.7, topP = 0.95, topK = 0 } = source.generation
  return {
    engine,
    tokenizer,
    template,
    stopTokens,
    tools,
    tokenLimit: options.maxTokens,
    sampling: {
      temperature: options.temperature ?? (sample ? temperature : 0),
      topP: options.topP ?? topP,
      topK: options.topK ?? topK,
      minP: options.minP ?? 0,
    },
  }
}

class Chat {
  #conversation: Conversation = emptyConversation
  readonly #painter: Painter
  #questions = 0
  readonly #seed: number

  constructor(
    private readonly options: ChatOptions,
    private readonly speaker: Speaker,
    private readonly interruption: Interruption,
  ) {
    const silent = options.json === true
    const write = (text: string) => {
      if (!silent) process.stdout.write(text)
    }
    this.#painter = new Painter(write, usesColour(process.stdout))
    this.#seed = options.seed ?? randomInt(2 ** 32)
  }

  /** --prompt: the answer is the program's result. */
  async answerOnce(text: string, model: string): Promise<void> {
    const given = await this.#answer(text)
    if (this.options.json) {
      const record = answerRecord(given, model, (tokens) => this.speaker.tokenizer.decode(tokens))
      process.stdout.write(`${JSON.stringify(record, null, 2)}\n`)
    } else process.stdout.write('\n')
    const { stop } = given.trajectory
    const note = stopNote(stop, this.options.maxTokens)
    if (note) process.stderr.write(`${note}\n`)
    if (stop.kind === 'cancelled') process.exitCode = 130
    if (stop.kind === 'failed') process.exitCode = 1
  }

  async talk(): Promise<void> {
    const { stdin, stdout, stderr } = process
    if (stdin.isTTY) stderr.write('Ctrl-C stops an answer; /new begins again; /exit ends\n')
    const questions = readQuestions({ input: stdin, output: stdout }, this.interruption)
    for await (const line of questions) {
      const text = line.trim()
      if (text === '/exit' || text === '/quit') return
      if (text === '/new') this.#conversation = emptyConversation
      else if (text !== '') await this.#converse(line)
    }
  }

  async #converse(text: string): Promise<void> {
    const started = performance.now()
    const given = await this.#answer(text)
    const seconds = (performance.now() - started) / 1000
    process.stdout.write('\n')
    const note = stopNote(given.trajectory.stop, this.options.maxTokens)
    const pace = `${given.tokens} tokens, ${(given.tokens / seconds).toFixed(1)} a second`
    if (isLive(process.stdout)) this.#painter.note(`(${note ? `${note}; ` : ''}${pace})\n`)
    else if (note) process.stderr.write(`${note}\n`)
  }

  async #answer(text: string): Promise<Answer> {
    const { system } = this.options
    const given = await this.interruption.during((signal) => {
      const question = { text, seed: this.#seed + this.#questions++, signal }
      return answer(
        this.#conversation,
        system === undefined ? question : { ...question, system },
        this.speaker,
        this.#painter,
      )
    })
    this.#painter.end()
    this.#conversation = given.conversation
    return given
  }
}
