// Any OpenAI-compatible server as the policy, over /v1/completions in text: for teachers and for
// evaluation. Its tokens are ours, encoded from its text, and it has no log-probs for them.

import { z } from 'zod'
import type { Completion, Sampling } from '../../trajectory/policy.ts'
import type { TokenId } from '../../trajectory/segment.ts'
import type { RemoteOptions, RemotePolicy, RemoteRequest } from './remote-policy.ts'
import { brokenOff, readReply, remotePolicy } from './remote-policy.ts'

const path = '/v1/completions'

/** What is needed of a tokenizer. */
export interface CompletionCodec {
  encode(text: string): Promise<readonly TokenId[]> | readonly TokenId[]
  decode(tokens: readonly TokenId[]): Promise<string> | string
}

export interface OpenAiOptions extends RemoteOptions {
  readonly codec: CompletionCodec
}

const eventSchema = z.object({
  choices: z.array(z.object({ text: z.string().nullish(), finish_reason: z.string().nullish() })),
})

/**
 * The text is streamed and stop strings are looked for here, because servers cut them off and do
 * not say which one it was. All log-probs are NaN: such trajectories cannot be trained on.
 */
export function openAiPolicy(options: OpenAiOptions): Promise<RemotePolicy> {
  const { codec } = options
  return remotePolicy(options, async (request) => {
    const { text, finish } = await readText(request, await codec.decode(request.prompt))
    const tokens = text === '' ? [] : [...(await codec.encode(text))]
    const [end] = request.sampling.stopTokens
    if (finish.kind === 'stopToken' && end !== undefined) tokens.push(end)
    return { tokens, logprobs: tokens.map(() => Number.NaN), finish }
  })
}

async function readText(
  { client, model, sampling, signal }: RemoteRequest,
  prompt: string,
): Promise<{ text: string; finish: Completion['finish'] }> {
  let text = ''
  const body = { model, prompt, stream: true, ...bodyOf(sampling) }
  for await (const event of client.events(path, body, signal)) {
    const { choices } = readReply(eventSchema, event, path)
    const before = text.length
    text += choices[0]?.text ?? ''
    const stop = earliestStop(text, sampling.stopStrings, before)
    if (stop) {
      return { text: text.slice(0, stop.end), finish: { kind: 'stopString', text: stop.text } }
    }
    const reason = choices[0]?.finish_reason
    if (reason === 'length') return { text, finish: { kind: 'length' } }
    if (reason === 'stop') {
      return { text, finish: { kind: 'stopToken', token: sampling.stopTokens[0] ?? -1 } }
    }
    if (reason) throw brokenOff(path, reason)
  }
  signal?.throwIfAborted()
  throw brokenOff(path, 'the end of the stream')
}

/** The stop string that ends first; the text before `known` has none. */
function earliestStop(text: string, stopStrings: readonly string[], known: number) {
  let found: { text: string; end: number } | undefined
  for (const stop of stopStrings) {
    const start = text.indexOf(stop, Math.max(0, known - stop.length + 1))
    const end = start + stop.length
    if (start !== -1 && (!found || end < found.end)) found = { text: stop, end }
  }
  return found
}

/** Only what every server knows, and the rest only where it does something. */
function bodyOf(sampling: Sampling) {
  return {
    max_tokens: sampling.tokenLimit,
    temperature: sampling.temperature,
    top_p: sampling.topP,
    seed: sampling.seed % 2 ** 31,
    ...(sampling.topK > 0 && { top_k: sampling.topK }),
    ...(sampling.minP > 0 && { min_p: sampling.minP }),
  }
}
