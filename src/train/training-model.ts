// A model in training: the learner that owns its weights, and the engine that writes with them.
// Both compute with the same tensors, so that there is no copy to keep in step.

import { UserError } from '../base/errors.ts'
import type { Engine, EngineOptions } from '../generate/engine.ts'
import type { Adapter, AdapterScaling } from '../model/adapter.ts'
import { makeEngine } from '../policy/make-engine.ts'
import { type ModelOptions, type OpenModel, openModel } from '../policy/open-model.ts'
import type { ModelSource } from '../pretrained/model-source.ts'
import { Generator } from '../tensor/generator.ts'
import { scope } from '../tensor/scope.ts'
import type { Tokenizer } from '../tokenizer/tokenizer.ts'
import type { ChatTemplate } from '../tool/chat-template.ts'
import type { FirstContextOptions } from '../tool/first-context.ts'
import { reToolProtocol } from '../tool/retool-protocol.ts'
import type { Tool, ToolProtocol } from '../tool/tool.ts'
import type { TokenId } from '../trajectory/segment.ts'
import { Critic } from '../update/critic.ts'
import { Learner, type LearnerOptions } from '../update/learner.ts'
import { freshAdapters, type LoraOptions } from '../update/lora.ts'
import {
  adapterTrainable,
  type ComputeDtype,
  frozenCopy,
  fullyTrainable,
  type TrainableModel,
} from '../update/trainable-model.ts'

/** Adapters that begin anew, as `seed` decides, or those of a PEFT folder that training goes on with. */
export type LoraStart = (LoraOptions & { readonly seed: number }) | { readonly from: string }

export interface TrainingModelOptions {
  readonly model?: Omit<ModelOptions, 'dtype' | 'device' | 'adapter'>
  readonly learner: LearnerOptions
  readonly engine: EngineOptions
  readonly dtype: ComputeDtype
  readonly tools: readonly Tool[]
  /** ReTool's by default; a function makes the one for the model's chat template. */
  readonly protocol?: ToolProtocol | ((template: ChatTemplate) => ToolProtocol)
  /** Adapters instead of all weights. */
  readonly lora?: LoraStart
  /** A frozen copy of the first weights for KL terms; with adapters the base, which costs nothing. */
  readonly withReference?: boolean
  /** A critic that starts from the same weights. */
  readonly critic?: LearnerOptions
}

/** Owns the weights, the optimizer's state and the cache. */
export interface TrainingModel extends Disposable {
  readonly learner: Learner
  readonly critic: Critic | null
  readonly engine: Engine
  readonly tokenizer: Tokenizer
  readonly source: ModelSource
  /** How the adapters in training are scaled; null where all weights are. */
  readonly lora: AdapterScaling | null
  /** How first contexts are spelled for this model. */
  readonly spelling: FirstContextOptions
  readonly stopTokens: readonly TokenId[]
}

/** Opens `reference` (a folder, a GGUF file, a Hub name, an alias) for training. */
export async function openTrainingModel(
  reference: string,
  options: TrainingModelOptions,
): Promise<TrainingModel> {
  const { lora, dtype } = options
  using opened = await openModel(reference, {
    ...options.model,
    ...(lora && 'from' in lora && { adapter: lora.from }),
    dtype,
  })
  return trainingModel(opened, options)
}

/** A model in training from an opened one, whose weights are copied and stay the caller's. */
export function trainingModel(opened: OpenModel, options: TrainingModelOptions): TrainingModel {
  const { config, weights, tokenizer, template, stopTokens, source } = opened
  const { trainable, scaling } = trainableModel(opened, options)
  const reference =
    options.withReference && !trainable.base ? frozenCopy(config, weights, options.dtype) : null
  const learner = new Learner(
    trainable,
    options.learner,
    options.withReference ? (reference?.decoder ?? trainable.base) : null,
  )
  const critic = options.critic ? new Critic(opened, options.dtype, options.critic) : null
  const engine = makeEngine(learner.decoder, tokenizer, options.engine)
  const { tools, protocol: given = reToolProtocol } = options
  const protocol = typeof given === 'function' ? given(template) : given
  return {
    learner,
    critic,
    engine,
    tokenizer,
    source,
    lora: scaling,
    spelling: { codec: tokenizer, template, protocol, tools },
    stopTokens,
    [Symbol.dispose]() {
      engine[Symbol.dispose]()
      critic?.[Symbol.dispose]()
      learner[Symbol.dispose]()
      reference?.dispose()
    },
  }
}

/** The model in training, and how its adapters are scaled where it has any. */
function trainableModel(
  opened: OpenModel,
  { dtype, lora }: TrainingModelOptions,
): { readonly trainable: TrainableModel; readonly scaling: AdapterScaling | null } {
  const { config, weights } = opened
  return scope(() => {
    const adapter = startingAdapter(opened, lora)
    const trainable = adapter
      ? adapterTrainable(config, weights, adapter, dtype)
      : fullyTrainable(config, weights, dtype)
    return { trainable, scaling: adapter?.options ?? null }
  })
}

/** What the adapters in training begin as; null where all weights are trained. */
function startingAdapter(opened: OpenModel, lora: LoraStart | undefined): Adapter | null {
  const { adapter, config, source } = opened
  if (lora && 'from' in lora) {
    if (!adapter) throw new Error(`defect: ${source.reference} was opened without ${lora.from}`)
    return adapter
  }
  if (adapter) {
    throw new UserError(
      `${source.adapter?.folder} is an adapter for ${source.reference}; to train it further give its folder as learner.lora.from and ${source.reference} as the model; to train beside or instead of it, merge it first: retool-rl convert ${source.reference} OUT --adapter ${source.adapter?.folder}`,
    )
  }
  if (!lora) return null
  using generator = Generator.named(lora.seed, 'lora')
  return { options: lora, weights: freshAdapters(config, lora, generator) }
}
