// A vLLM server as the policy: token ids in, token ids and log-probs out, over /v1/completions.
//
// The log-probs are those of the distribution sampled from only if the server was started with
// `--logprobs-mode processed_logprobs`: by default vLLM takes them before the temperature.

import { z } from 'zod'
import { InfrastructureError } from '../../base/errors.ts'
import type { Finish, Sampling } from '../../trajectory/policy.ts'
import type { RemoteOptions, RemotePolicy } from './remote-policy.ts'
import { brokenOff, readReply, remotePolicy } from './remote-policy.ts'

const path = '/v1/completions'

const replySchema = z.object({
  choices: z.tuple([
    z.object({
      token_ids: z.array(z.number()),
      logprobs: z.object({ token_logprobs: z.array(z.number()) }),
      finish_reason: z.string(),
      /** The stop string or stop token; null for the model's own end of text. */
      stop_reason: z.union([z.string(), z.number()]).nullish(),
    }),
  ]),
})
type Choice = z.output<typeof replySchema>['choices'][0]

export function vllmPolicy(options: RemoteOptions): Promise<RemotePolicy> {
  return remotePolicy(options, async ({ client, model, prompt, sampling, signal }) => {
    const body = { model, prompt, ...bodyOf(sampling) }
    const reply = readReply(replySchema, await client.post(path, body, signal), path)
    const [choice] = reply.choices
    const { token_ids: tokens, logprobs } = choice
    if (tokens.length !== logprobs.token_logprobs.length || tokens.length === 0) {
      throw new InfrastructureError('bad_reply', `${path}: one log-prob for each token is needed`)
    }
    return { tokens, logprobs: logprobs.token_logprobs, finish: finishOf(choice) }
  })
}

function bodyOf(sampling: Sampling) {
  return {
    max_tokens: sampling.tokenLimit,
    temperature: sampling.temperature,
    top_p: sampling.topP,
    top_k: sampling.topK,
    min_p: sampling.minP,
    seed: sampling.seed,
    stop: sampling.stopStrings,
    stop_token_ids: sampling.stopTokens,
    include_stop_str_in_output: true,
    skip_special_tokens: false,
    logprobs: 0,
    return_token_ids: true,
  }
}

function finishOf({ finish_reason: reason, stop_reason: stop, token_ids }: Choice): Finish {
  if (reason === 'length') return { kind: 'length' }
  if (reason !== 'stop') throw brokenOff(path, reason)
  if (typeof stop === 'string') return { kind: 'stopString', text: stop }
  return { kind: 'stopToken', token: stop ?? token_ids.at(-1) ?? -1 }
}
