// POST /v1/chat/completions: the next assistant message of a chat, with calls to the client's own
// tools, or with the interpreter's work in it where the server has one.

import { randomUUID } from 'node:crypto'
import { callOpen } from '../tool/hermes-tools.ts'
import { chatMessages } from './chat-messages.ts'
import type { Emit, Piece, TokenLogprob, WrittenChoice } from './choice.ts'
import { finishReason, samplingOf, writeChoice } from './choice.ts'
import { interpretedChoice, interpretedMessages } from './interpreted-choice.ts'
import type { ChoiceRun, Reply } from './reply.ts'
import { usageOf } from './reply.ts'
import type { ChatBody } from './request-body.ts'
import type { ServedModel } from './served-model.ts'
import { readCalls } from './tool-calls.ts'

export async function chat(
  model: ServedModel,
  body: ChatBody,
  signal: AbortSignal,
): Promise<Reply> {
  const tools = body.tool_choice === 'none' ? [] : (body.tools ?? [])
  const isInterpreted = model.interpreter !== undefined && !body.tools?.length
  const { messages, ...declared } = chatMessages(model.template, body.messages, tools)
  const context = await model.template.encode(
    isInterpreted ? interpretedMessages(model, messages) : messages,
    { addGenerationPrompt: true, ...declared },
  )
  const sampling = samplingOf(model, body, context.length)
  const write = (index: number, emit: Emit): Promise<WrittenChoice> => {
    const options = { context, sampling: sampling(index), signal }
    if (isInterpreted) return interpretedChoice(model, options, emit)
    return writeChoice(model, { ...options, ...(tools.length > 0 && { hideFrom: callOpen }) }, emit)
  }
  const head = { id: `chatcmpl-${randomUUID()}`, created: now(), model: model.name }
  return {
    head: { ...head, object: 'chat.completion' },
    chunkHead: { ...head, object: 'chat.completion.chunk' },
    promptTokens: context.length,
    choices: Array.from({ length: body.n ?? 1 }, (_, index) =>
      choiceRun(index, body.logprobs === true, write),
    ),
    usage: usageOf,
  }
}

function choiceRun(
  index: number,
  withLogprobs: boolean,
  write: (index: number, emit: Emit) => Promise<WrittenChoice>,
): ChoiceRun {
  const listed = (logprobs: readonly TokenLogprob[]) =>
    withLogprobs ? { content: logprobs.map(shownLogprob), refusal: null } : null
  return async (send) => {
    const chunk = (delta: object, logprobs: readonly TokenLogprob[], finish: string | null) =>
      send({ index, delta, logprobs: listed(logprobs), finish_reason: finish })
    const pieces: Piece[] = []
    chunk({ role: 'assistant', content: '' }, [], null)
    const emit: Emit = (piece) => {
      pieces.push(piece)
      chunk({ content: piece.text }, piece.logprobs, null)
    }
    const written = await write(index, emit)
    const calls = readCalls(written.hidden)
    // What cannot be read as a call is text like any other.
    if (!calls && written.hidden !== '') emit({ text: written.hidden, logprobs: [] })
    const finish = calls ? 'tool_calls' : finishReason(written.finish)
    chunk(
      calls ? { tool_calls: calls.map((call, place) => ({ index: place, ...call })) } : {},
      [],
      finish,
    )
    const text = pieces.map((piece) => piece.text).join('')
    const content = calls && text.trim() === '' ? null : text
    const message = {
      role: 'assistant',
      content,
      refusal: null,
      ...(calls && { tool_calls: calls }),
    }
    const logprobs = listed(pieces.flatMap((piece) => piece.logprobs))
    return { choice: { index, message, logprobs, finish_reason: finish }, tokens: written.tokens }
  }
}

function shownLogprob({ token, logprob }: TokenLogprob) {
  return { token, logprob, bytes: [...Buffer.from(token)], top_logprobs: [] }
}

function now(): number {
  return Math.floor(Date.now() / 1000)
}
