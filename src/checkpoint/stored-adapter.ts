// A low-rank adapter in a folder as Python's peft writes it: adapter_config.json and
// adapter_model.safetensors.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '../base/errors.ts'
import { type Adapter, adaptedModules, adapterNames } from '../model/adapter.ts'
import type { ModelConfig } from '../model/config.ts'
import { expectedWeights } from '../model/weights.ts'
import { scope } from '../tensor/scope.ts'
import type { Device } from '../tensor/tensor.ts'
import { type AdapterConfig, readAdapterConfig } from './adapter-config.ts'
import { MappedFiles } from './mapped-files.ts'
import { readSafetensorsHeader } from './safetensors-header.ts'
import type { LocatedEntry } from './safetensors-index.ts'
import { type Shape, weightProblems } from './weight-check.ts'

/** An adapter whose files were read and checked, and whose numbers were not read yet. */
export interface StoredAdapter {
  readonly folder: string
  readonly config: AdapterConfig
  readonly entries: ReadonlyMap<string, LocatedEntry>
}

const configName = 'adapter_config.json'
const weightsName = 'adapter_model.safetensors'

/** Whether a folder holds an adapter rather than a model. */
export function isAdapterFolder(folder: string): boolean {
  return existsSync(join(folder, configName))
}

/** Opens the adapter in `folder`. Throws UserError for whatever is wrong with its files. */
export function openAdapter(folder: string): StoredAdapter {
  if (!isAdapterFolder(folder)) {
    throw new UserError(`${folder} is no adapter: it has no ${configName}`, 2)
  }
  const config = readAdapterConfig(join(folder, configName))
  const path = join(folder, weightsName)
  if (!existsSync(path)) {
    throw new UserError(
      `${folder} has no ${weightsName}; adapters in other formats must be converted to safetensors first`,
    )
  }
  const { tensors } = readSafetensorsHeader(path)
  const entries = new Map([...tensors].map(([name, entry]) => [name, { ...entry, path }]))
  return { folder, config, entries }
}

/** Throws a UserError that lists what of the adapter does not fit a model. */
export function checkAdapter({ folder, config, entries }: StoredAdapter, model: ModelConfig): void {
  const possible = possibleMatrices(model, config.scaling.rank)
  const isMeant = (name: string) =>
    config.modules?.some((module) => moduleOf(name).endsWith(`.${module}`)) ??
    [...entries.keys()].some((entry) => moduleOf(entry) === moduleOf(name))
  const expected = new Map([...possible].filter(([name]) => isMeant(name)))
  const found = new Map([...entries].map(([name, { shape }]) => [name, shape]))
  const problems = weightProblems(expected, found)
  if (entries.size === 0) problems.push('  it holds no tensor')
  if (problems.length > 0) {
    throw new UserError(
      `${folder}: the adapter does not fit the model and its ${configName}\n${problems.join('\n')}`,
    )
  }
}

/** Its numbers in float32; they belong to the caller or to its scope. */
export function loadAdapter({ config, entries }: StoredAdapter, device: Device): Adapter {
  return scope(() => {
    using files = new MappedFiles()
    const placement = { dtype: 'float32', device } as const
    const weights = new Map(
      [...entries].map(([name, entry]) => [name, files.safetensor(name, entry, placement)]),
    )
    return { options: config.scaling, weights }
  })
}

/** PEFT's names and shapes of all adapters that a model can have. */
function possibleMatrices(model: ModelConfig, rank: number): Map<string, Shape> {
  const linear = [...expectedWeights(model)].filter(([name]) =>
    adaptedModules.some((module) => name.endsWith(`.${module}.weight`)),
  )
  return new Map(
    linear.flatMap(([name, [outputs = 0, inputs = 0]]): [string, Shape][] => {
      const { a, b } = adapterNames(name)
      return [
        [a, [rank, inputs]],
        [b, [outputs, rank]],
      ]
    }),
  )
}

function moduleOf(matrix: string): string {
  return matrix.replace(/\.lora_[AB]\.weight$/, '')
}
