// From a model reference to a decoder with its tokenizer and chat template, ready to compute.

import type { ModelConfig } from '../model/config.ts'
import { type Decoder, makeDecoder } from '../model/decoder.ts'
import { arrangeWeights, type NamedWeights } from '../model/decoder-weights.ts'
import type { ModelSource } from '../pretrained/model-source.ts'
import { loadSource, openPretrained, type PretrainedOptions } from '../pretrained/pretrained.ts'
import { unowned } from '../tensor/scope.ts'
import { chatTemplateOf, namedTemplate } from '../tokenizer/chat-template.ts'
import { type ModelTemplate, modelTemplate } from '../tokenizer/model-template.ts'
import type { Tokenizer } from '../tokenizer/tokenizer.ts'

export interface ModelOptions extends PretrainedOptions {
  /** A built-in chat template's name, or a file with one; the model's own by default. */
  readonly template?: string
  /** Whether conversations have tools, for which some models bring a template of their own. */
  readonly hasTools?: boolean
}

/** A loaded model. Whoever opened it disposes it, after everything that computes with its weights. */
export interface OpenModel extends Disposable {
  /** Where it came from; what saving it goes by. */
  readonly source: ModelSource
  readonly config: ModelConfig
  readonly tokenizer: Tokenizer
  readonly template: ModelTemplate
  /** Tokens after which the model has nothing more to say: of template, tokenizer and config. */
  readonly stopTokens: readonly number[]
  /** By Hugging Face's names; those of a safetensors file may be a view of the file itself. */
  readonly weights: NamedWeights
  /** Computes with `weights`, in the same tensors. */
  readonly decoder: Decoder
}

/**
 * Opens a Hugging Face folder, a GGUF file, a Hub name or an alias. Configuration, tokenizer and
 * template are checked before the weights are read. Throws UserError for whatever is wrong with
 * them, and for a model without a chat template where `template` names none.
 */
export async function openModel(reference: string, options: ModelOptions = {}): Promise<OpenModel> {
  const source = await openPretrained(reference, options)
  const { config, tokenizer, generation } = source
  const template = modelTemplate(
    tokenizer,
    options.template === undefined
      ? chatTemplateOf(tokenizer, options.hasTools)
      : namedTemplate(options.template),
  )
  const ends = [...template.stopTokens, ...config.eosTokens, ...(generation.endTokens ?? [])]
  const loaded = loadSource(source, options)
  const { weights } = loaded
  const decoder = unowned(() => makeDecoder(config, arrangeWeights(config, weights)))
  return {
    source,
    config,
    tokenizer,
    template,
    stopTokens: [...new Set(ends)].sort((a, b) => a - b),
    weights,
    decoder,
    [Symbol.dispose]() {
      decoder.inverseFrequencies.dispose()
      loaded[Symbol.dispose]()
    },
  }
}
