// An SGLang server as the policy: token ids in, token ids and log-probs out, over /generate.
//
// SGLang's log-probs are taken after the temperature and before top-p, top-k and min-p: they are
// those of the distribution sampled from where none of these cuts.

import { z } from 'zod'
import type { Finish, Sampling } from '../../trajectory/policy.ts'
import { HttpClient } from './http-client.ts'
import type { RemoteOptions, RemotePolicy } from './remote-policy.ts'
import { brokenOff, readReply, remotePolicy } from './remote-policy.ts'

const path = '/generate'

const replySchema = z.object({
  meta_info: z.object({
    finish_reason: z.object({
      type: z.string(),
      matched: z.union([z.string(), z.number(), z.array(z.number())]).nullish(),
    }),
    /** Log-prob, token and, where asked for, its text. */
    output_token_logprobs: z.array(z.tuple([z.number(), z.number()]).rest(z.unknown())).min(1),
  }),
})
type Meta = z.output<typeof replySchema>['meta_info']

export interface SglangPolicy extends RemotePolicy {
  /**
   * Has the server load weights from a folder that it can read; completions wait meanwhile. The
   * version then rises by one.
   */
  updateWeights(folder: string): Promise<void>
}

export async function sglangPolicy(options: RemoteOptions): Promise<SglangPolicy> {
  let version = 0
  const policy = await remotePolicy(options, async ({ client, prompt, sampling, signal }) => {
    const body = {
      input_ids: prompt,
      sampling_params: parametersOf(sampling),
      return_logprob: true,
    }
    const { meta_info: meta } = readReply(replySchema, await client.post(path, body, signal), path)
    return {
      tokens: meta.output_token_logprobs.map(([, token]) => token),
      logprobs: meta.output_token_logprobs.map(([logprob]) => logprob),
      finish: finishOf(meta),
    }
  })
  return {
    contextLength: policy.contextLength,
    get version() {
      return version
    },
    open: () => {
      const session = policy.open()
      return {
        async complete(...given) {
          const begunWith = version
          return { ...(await session.complete(...given)), policyVersion: begunWith }
        },
        close: () => session.close(),
      }
    },
    async updateWeights(folder) {
      await updateWeights(options, folder)
      version++
    },
    close: () => policy.close(),
  }
}

const updateSchema = z.object({ success: z.boolean(), message: z.string().optional() })

async function updateWeights(options: RemoteOptions, folder: string): Promise<void> {
  const client = new HttpClient(options)
  try {
    await client.post('/pause_generation', {})
    try {
      const route = '/update_weights_from_disk'
      const reply = await client.post(route, { model_path: folder })
      const { success, message } = readReply(updateSchema, reply, route)
      if (!success) throw brokenOff(route, message ?? 'an unknown fault')
    } finally {
      await client.post('/continue_generation', {})
    }
  } finally {
    await client.close()
  }
}

function parametersOf(sampling: Sampling) {
  return {
    max_new_tokens: sampling.tokenLimit,
    temperature: sampling.temperature,
    top_p: sampling.topP,
    top_k: sampling.topK === 0 ? -1 : sampling.topK,
    min_p: sampling.minP,
    sampling_seed: sampling.seed,
    stop: sampling.stopStrings,
    stop_token_ids: sampling.stopTokens,
    no_stop_trim: true,
    skip_special_tokens: false,
  }
}

function finishOf({ finish_reason: { type, matched }, output_token_logprobs }: Meta): Finish {
  if (type === 'length') return { kind: 'length' }
  if (type !== 'stop') throw brokenOff(path, type)
  if (typeof matched === 'string') return { kind: 'stopString', text: matched }
  return { kind: 'stopToken', token: output_token_logprobs.at(-1)?.[1] ?? -1 }
}
