// An option that would have no effect is an error: whoever set it believes that it does something.

import { formatPath, type Path, valueAt } from './layer.ts'
import type { Merged } from './merge-layers.ts'
import { formatOrigin } from './origin.ts'

/**
 * Says of one key when it counts for nothing.
 *
 *   { path: ['sampling', 'topK'], ineffective: (config) => config.sampling.temperature === 0,
 *     because: 'sampling.temperature is 0, which always takes the most probable token' }
 */
export interface NoEffectRule<Config> {
  readonly path: Path
  readonly ineffective: (config: Config) => boolean
  readonly because: string
}

/** One line for each key that somebody gave although it counts for nothing; defaults are silent. */
export function describeNoEffects<Config>(
  config: Config,
  merged: Merged,
  rules: readonly NoEffectRule<Config>[],
): readonly string[] {
  return rules.flatMap(({ path, ineffective, because }) => {
    if (valueAt(merged.value, path) === undefined || !ineffective(config)) return []
    const layer = merged.layerOf(path)
    const place = layer ? `${formatOrigin(layer.originOf(path, 'key'))}: ` : ''
    return [`${place}${formatPath(path)}: has no effect, since ${because}; leave it out`]
  })
}
