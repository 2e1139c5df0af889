// From a model reference to a decoder with its tokenizer and chat template, ready to compute.

import { type Adapter, withAdapters } from '../model/adapter.ts'
import type { ModelConfig } from '../model/config.ts'
import { type Decoder, makeDecoder } from '../model/decoder.ts'
import { arrangeWeights, type NamedWeights } from '../model/decoder-weights.ts'
import type { ModelSource } from '../pretrained/model-source.ts'
import { loadSource, openPretrained, type PretrainedOptions } from '../pretrained/pretrained.ts'
import { unowned } from '../tensor/scope.ts'
import { toDtype } from '../tensor/transfer.ts'
import { chatTemplateOf, namedTemplate } from '../tokenizer/chat-template.ts'
import { type ModelTemplate, modelTemplate } from '../tokenizer/model-template.ts'
import type { Tokenizer } from '../tokenizer/tokenizer.ts'

/** How a model is opened: dtype, device, adapter and chat template. */
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
  /** Beside the weights, in float32; null where there is none. */
  readonly adapter: Adapter | null
  /** Computes with the adapter, where there is one. */
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
  const { weights, adapter } = loaded
  const computed = adapter && unowned(() => inDtypeOf(weights, adapter))
  const arranged = arrangeWeights(config, weights)
  const decoder = unowned(() =>
    makeDecoder(config, computed ? withAdapters(arranged, computed) : arranged),
  )
  return {
    source,
    config,
    tokenizer,
    template,
    stopTokens: [...new Set(ends)].sort((a, b) => a - b),
    weights,
    adapter,
    decoder,
    [Symbol.dispose]() {
      decoder.inverseFrequencies.dispose()
      for (const tensor of computed?.weights.values() ?? []) tensor.dispose()
      loaded[Symbol.dispose]()
    },
  }
}

/** The adapter in the dtype that forwards compute in: what training computes with. */
function inDtypeOf(weights: NamedWeights, adapter: Adapter): Adapter {
  const dtype = [...weights.values()][0]?.dtype ?? 'float32'
  const rounded = [...adapter.weights].map(
    ([name, tensor]) => [name, toDtype(tensor, dtype)] as const,
  )
  return { ...adapter, weights: new Map(rounded) }
}
