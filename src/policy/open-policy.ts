// From a model reference to a policy that writes: the one way that chat, serve, evaluation and
// training take.

import type { Engine, EngineOptions } from '../generate/engine.ts'
import { makeEngine } from './make-engine.ts'
import { type ModelOptions, type OpenModel, openModel } from './open-model.ts'

/** How a model is opened, and the size of its engine. */
export type OpenPolicyOptions = ModelOptions & EngineOptions

/** A model with its engine; disposing it ends what the engine writes and frees the weights. */
export interface OpenPolicy extends OpenModel {
  /** Writes with the weights of this model. */
  readonly engine: Engine
}

/**
 * Opens a model and an engine on its weights. Throws UserError as `openModel` does.
 *
 *   using policy = await openPolicy('smollm2-135m-instruct', { dtype: 'bfloat16' })
 *   const prompt = policy.template.render(messages, { addGenerationPrompt: true })
 *   const session = policy.engine.open()
 *   const completion = await session.complete(await policy.tokenizer.encode(prompt), sampling)
 */
export async function openPolicy(
  reference: string,
  options: OpenPolicyOptions = {},
): Promise<OpenPolicy> {
  const model = await openModel(reference, options)
  const engine = makeEngine(model.decoder, model.tokenizer, options)
  return {
    ...model,
    engine,
    [Symbol.dispose]() {
      engine[Symbol.dispose]()
      model[Symbol.dispose]()
    },
  }
}
