// POST /v1/completions: text after a prompt.

import { randomUUID } from 'node:crypto'
import type { TokenId } from '../trajectory/segment.ts'
import type { Piece, TokenLogprob } from './choice.ts'
import { finishReason, samplingOf, writeChoice } from './choice.ts'
import type { Reply } from './reply.ts'
import { usageOf } from './reply.ts'
import type { CompletionBody } from './request-body.ts'
import type { ServedModel } from './served-model.ts'

/** Prompts in the order given, each with `n` choices after it. */
export async function completions(
  model: ServedModel,
  body: CompletionBody,
  signal: AbortSignal,
): Promise<Reply> {
  const prompts = await promptsOf(model, body.prompt)
  const copies = body.n ?? 1
  const head = {
    id: `cmpl-${randomUUID()}`,
    object: 'text_completion',
    created: Math.floor(Date.now() / 1000),
    model: model.name,
  }
  const choices = prompts.flatMap((context, prompt) => {
    const sampling = samplingOf(model, body, context.length)
    return Array.from({ length: copies }, (_, copy) => {
      return { context, index: prompt * copies + copy, sampling: sampling(copy) }
    })
  })
  const chunk = (index: number, { text, logprobs }: Piece, finish: string | null) => ({
    index,
    text,
    logprobs: body.logprobs === null || body.logprobs === undefined ? null : listed(logprobs),
    finish_reason: finish,
  })
  return {
    head,
    chunkHead: head,
    promptTokens: prompts.reduce((sum, prompt) => sum + prompt.length, 0),
    choices: choices.map(({ context, index, sampling }) => async (send) => {
      const all: Piece[] = []
      const written = await writeChoice(model, { context, sampling, signal }, (piece) => {
        all.push(piece)
        send(chunk(index, piece, null))
      })
      const finish = finishReason(written.finish)
      send(chunk(index, { text: '', logprobs: [] }, finish))
      const whole: Piece = {
        text: all.map(({ text }) => text).join(''),
        logprobs: all.flatMap(({ logprobs }) => logprobs),
      }
      return { choice: chunk(index, whole, finish), tokens: written.tokens }
    }),
    usage: usageOf,
  }
}

async function promptsOf(
  model: ServedModel,
  prompt: CompletionBody['prompt'],
): Promise<readonly (readonly TokenId[])[]> {
  if (typeof prompt === 'string') return [await model.codec.encode(prompt)]
  const [first] = prompt
  if (typeof first === 'number') return [prompt as number[]]
  return Promise.all(
    (prompt as (string | number[])[]).map((each) =>
      typeof each === 'string' ? model.codec.encode(each) : each,
    ),
  )
}

/** Alternatives to the tokens written are not kept, so that `top_logprobs` is null. */
function listed(logprobs: readonly TokenLogprob[]) {
  let offset = 0
  return {
    tokens: logprobs.map(({ token }) => token),
    token_logprobs: logprobs.map(({ logprob }) => logprob),
    top_logprobs: null,
    text_offset: logprobs.map(({ token }) => {
      offset += token.length
      return offset - token.length
    }),
  }
}
