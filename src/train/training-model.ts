// A model in training: the learner that owns its weights, and the engine that writes with them.
// Both compute with the same tensors, so that there is no copy to keep in step.

import type { Engine, EngineOptions } from '../generate/engine.ts'
import { makeEngine } from '../policy/make-engine.ts'
import { type ModelOptions, openModel } from '../policy/open-model.ts'
import type { Tokenizer } from '../tokenizer/tokenizer.ts'
import type { FirstContextOptions } from '../tool/first-context.ts'
import { reToolProtocol } from '../tool/retool-protocol.ts'
import type { Tool } from '../tool/tool.ts'
import type { TokenId } from '../trajectory/segment.ts'
import { Learner, type LearnerOptions } from '../update/learner.ts'
import { type ComputeDtype, fullyTrainable } from '../update/trainable-model.ts'

export interface TrainingModelOptions {
  readonly model?: Omit<ModelOptions, 'dtype' | 'device'>
  readonly learner: LearnerOptions
  readonly engine: EngineOptions
  readonly dtype: ComputeDtype
  readonly tools: readonly Tool[]
}

/** Owns the weights, the optimizer's state and the cache. */
export interface TrainingModel extends Disposable {
  readonly learner: Learner
  readonly engine: Engine
  readonly tokenizer: Tokenizer
  /** How first contexts are spelled for this model. */
  readonly spelling: FirstContextOptions
  readonly stopTokens: readonly TokenId[]
}

/** Opens `reference` (a folder, a GGUF file, a Hub name, an alias) for full fine-tuning. */
export async function openTrainingModel(
  reference: string,
  options: TrainingModelOptions,
): Promise<TrainingModel> {
  using opened = await openModel(reference, { ...options.model, dtype: options.dtype })
  const { config, weights, tokenizer, template, stopTokens } = opened
  const learner = new Learner(fullyTrainable(config, weights, options.dtype), options.learner)
  const engine = makeEngine(learner.decoder, tokenizer, options.engine)
  const { tools } = options
  return {
    learner,
    engine,
    tokenizer,
    spelling: { codec: tokenizer, template, protocol: reToolProtocol, tools },
    stopTokens,
    [Symbol.dispose]() {
      engine[Symbol.dispose]()
      learner[Symbol.dispose]()
    },
  }
}
