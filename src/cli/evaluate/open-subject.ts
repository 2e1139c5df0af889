// Who is evaluated: weights on this machine, a checkpoint of a run, or a model behind a server.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '../../base/errors.ts'
import { type Attempter, policyAttempter } from '../../evaluate/attempter.ts'
import { chatAttempter } from '../../evaluate/chat-attempter.ts'
import { chatServer } from '../../generate/remote/chat-server.ts'
import { openAiPolicy } from '../../generate/remote/openai-policy.ts'
import { makeEngine } from '../../policy/make-engine.ts'
import type { ModelOptions, OpenModel } from '../../policy/open-model.ts'
import { openModel } from '../../policy/open-model.ts'
import { layout } from '../../run/layout.ts'
import { byteTokenizer } from '../../tokenizer/byte-tokenizer.ts'
import { chatTemplateOf, namedTemplate } from '../../tokenizer/chat-template.ts'
import { loadTokenizer } from '../../tokenizer/load-tokenizer.ts'
import { modelTemplate } from '../../tokenizer/model-template.ts'
import type { Tokenizer } from '../../tokenizer/tokenizer.ts'
import { reToolProtocol } from '../../tool/retool-protocol.ts'
import type { Tool } from '../../tool/tool.ts'
import { newestFolder } from '../../train/checkpoint.ts'
import { openCheckpoint } from '../../train/open-checkpoint.ts'
import type { EvaluateConfig } from './evaluate-config.ts'

export interface Subject extends AsyncDisposable {
  readonly attempter: Attempter
  /** Of the tokens in its trajectories, for the viewer. */
  readonly tokenizer: Tokenizer
}

/** Opens what `config.model` names; `tools` is the interpreter, or none. */
export async function openSubject(
  config: EvaluateConfig,
  tools: readonly Tool[],
): Promise<Subject> {
  if (config.server === null) return await localSubject(config, tools)
  if (config.tokenizer === null) return chatSubject(config, config.server, tools)
  return await completionSubject(config, config.server, tools)
}

async function localSubject(config: EvaluateConfig, tools: readonly Tool[]): Promise<Subject> {
  const model = await modelOf(config)
  const engine = makeEngine(model.decoder, model.tokenizer)
  const { tokenizer, template, stopTokens } = model
  return {
    attempter: policyAttempter({
      ...rolloutOptions(config, tools),
      ...{ policy: engine, codec: tokenizer, template, stopTokens },
    }),
    tokenizer,
    async [Symbol.asyncDispose]() {
      engine[Symbol.dispose]()
      model[Symbol.dispose]()
    },
  }
}

/** A run folder stands for the model that its training wrote, else for its newest checkpoint. */
async function modelOf({ model, dtype, template, adapter }: EvaluateConfig): Promise<OpenModel> {
  const options: ModelOptions = {
    ...(template !== null && { template }),
    ...(dtype !== null && { dtype: dtypeOf(dtype) }),
    ...(adapter !== null && { adapter }),
  }
  if (existsSync(join(model, 'checkpoint.json'))) return await openCheckpoint(model, options)
  if (!existsSync(layout(model).database)) return await openModel(model, options)
  const trained = join(model, 'model')
  if (existsSync(trained)) return await openModel(trained, options)
  const newest = newestFolder(layout(model).checkpoints)
  if (newest !== null) return await openCheckpoint(newest, options)
  throw new UserError(`${model}: a run without a model and without checkpoints`)
}

function dtypeOf(name: string): 'float32' | 'bfloat16' {
  if (name === 'float32' || name === 'bfloat16') return name
  throw new UserError(`--dtype ${name}: expected float32 or bfloat16`, 2)
}

function rolloutOptions(
  { temperature, topP, seed, limits }: EvaluateConfig,
  tools: readonly Tool[],
) {
  return {
    protocol: reToolProtocol,
    tools,
    sampling: { temperature, topP, topK: 0, minP: 0 },
    // What a busy machine takes longer for is no fault of the model.
    limits: { ...limits, wallTimeMs: 3_600_000 },
    seed,
  }
}

function chatSubject(config: EvaluateConfig, url: string, tools: readonly Tool[]): Subject {
  const server = chatServer({ url, model: config.model, ...apiKey() })
  const { temperature, topP, seed, calls } = config
  return {
    attempter: chatAttempter({
      ...{ model: server, tools, calls, temperature, topP, seed },
      ...config.limits,
    }),
    tokenizer: byteTokenizer(),
    [Symbol.asyncDispose]: () => server.close(),
  }
}

/** In the paper's own protocol, one assistant turn, over completions of text. */
async function completionSubject(
  config: EvaluateConfig,
  url: string,
  tools: readonly Tool[],
): Promise<Subject> {
  const tokenizer = loadTokenizer(config.tokenizer ?? '')
  const named = config.template
  const template = modelTemplate(
    tokenizer,
    named === null ? chatTemplateOf(tokenizer) : namedTemplate(named),
  )
  const policy = await openAiPolicy({
    url: url.replace(/\/v1\/*$/, ''),
    model: config.model,
    codec: tokenizer,
    ...apiKey(),
  })
  return {
    attempter: policyAttempter({
      ...rolloutOptions(config, tools),
      ...{ policy, codec: tokenizer, template, stopTokens: template.stopTokens },
    }),
    tokenizer,
    [Symbol.asyncDispose]: () => policy.close(),
  }
}

function apiKey(): { readonly apiKey?: string } {
  const key = process.env['RETOOL_SERVER_KEY']
  return key ? { apiKey: key } : {}
}
