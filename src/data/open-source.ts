// A problem source from the way people write it: a path, `hub:OWNER/NAME`, or `gym:FAMILY,...`.

import { UserError } from '../base/errors.ts'
import type { HubOptions } from '../hub/hub-access.ts'
import type { ColumnOptions, Mapping } from './columns.ts'
import type { FileChoice } from './data-files.ts'
import { hubFiles } from './hub-files.ts'
import { localFiles } from './local-files.ts'
import type { MixtureFamily } from './mixture.ts'
import { drawMixture } from './mixture.ts'
import type { RowBounds } from './problem-of-row.ts'
import type { ProblemSource } from './problem-source.ts'
import { fileSource, listSource } from './problem-source.ts'
import type { GeneratorProcess } from './reasoning-gym.ts'
import { listFamilies } from './reasoning-gym.ts'
import { stories } from './stories.ts'

export interface SourceOptions extends FileChoice {
  readonly columns?: ColumnOptions
  readonly bounds?: RowBounds
  readonly onMapping?: (file: string, mapping: Mapping) => void
  readonly onNotice?: (message: string) => void
  /** For `gym:`: how many problems, from which seed, at which level. */
  readonly size?: number
  readonly seed?: number
  readonly difficulty?: number
}

/** What some kinds of source need; asked for only when such a source is opened. */
export interface SourceServices {
  readonly generator: () => GeneratorProcess
  /** How the Hub is reached; as the environment says if omitted. */
  readonly hub?: HubOptions
}

const defaultSize = 1_000

/**
 * Opens a source. `gym:products*3,gcd` weighs families; `hub:OWNER/NAME@REVISION` names a revision.
 * Throws UserError where there is nothing, or an option does not belong to the kind of source.
 */
export async function openSource(
  spec: string,
  options: SourceOptions,
  services: SourceServices,
): Promise<ProblemSource> {
  if (spec.startsWith('gym:')) return await openGym(spec, options, services.generator())
  for (const name of ['size', 'seed', 'difficulty'] as const) {
    if (options[name] !== undefined) {
      throw new UserError(
        `${spec}: the option ${name} is for generated problems (gym:FAMILY) only`,
        2,
      )
    }
  }
  if (!spec.startsWith('hub:')) return fileSource(spec, await localFiles(spec, options), options)
  const [name = '', revision] = spec.slice('hub:'.length).split('@')
  if (!/^[\w.-]+(\/[\w.-]+)?$/.test(name)) {
    throw new UserError(`${spec}: expected hub:OWNER/NAME or hub:OWNER/NAME@REVISION`, 2)
  }
  const choice = { ...options, ...(revision && { revision }) }
  const files = await hubFiles(name, choice, services.hub)
  const dataSet = name.split('/').at(-1) ?? name
  return fileSource(spec, files, { ...options, dataSet })
}

async function openGym(
  spec: string,
  options: SourceOptions,
  generator: GeneratorProcess,
): Promise<ProblemSource> {
  for (const name of ['columns', 'split', 'subset'] as const) {
    if (options[name] !== undefined) {
      throw new UserError(`${spec}: the option ${name} is for files, not for generated problems`, 2)
    }
  }
  if (spec === 'gym:') {
    const names = [...stories.map(({ name }) => name), ...(await listFamilies(generator))]
    throw new UserError(
      `gym: needs families, such as gym:products,gcd; known: ${names.join(', ')}`,
      2,
    )
  }
  const { difficulty, size = defaultSize, seed = 0 } = options
  const families = spec
    .slice('gym:'.length)
    .split(',')
    .map((part): MixtureFamily => {
      const match = /^([a-z_0-9]+)(?:\*(\d+(?:\.\d+)?))?$/.exec(part.trim())
      if (!match?.[1]) {
        throw new UserError(
          `${spec}: expected gym:FAMILY,FAMILY*WEIGHT,...; found ${JSON.stringify(part)}`,
          2,
        )
      }
      return {
        family: match[1],
        weight: Number(match[2] ?? 1),
        ...(difficulty !== undefined && { difficulty }),
      }
    })
  return listSource(spec, await drawMixture({ families, size, seed }, generator))
}
