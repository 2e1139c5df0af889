// Do the weights that are there match those that the model needs? All that is wrong is listed in
// one error, so that nobody mends a folder one name at a time.

import { UserError } from '../base/errors.ts'
import type { ModelConfig } from '../model/config.ts'
import { expectedWeights } from '../model/weights.ts'
import { quoted } from './quoted.ts'

type Shape = readonly number[]

/** Stored by old versions of transformers, computed by the model itself: ignored by name. */
const harmless =
  /(^|\.)(rotary_emb\.inv_freq|self_attn\.rotary_emb\.inv_freq|attn\.bias|masked_bias)$/

const listed = 8

/**
 * Throws a UserError that lists missing, surplus and misshapen weights. `shapes` go by Hugging
 * Face's names. A head beside a tied one passes here; the loader compares its numbers.
 */
export function checkWeights(
  shapes: ReadonlyMap<string, Shape>,
  config: ModelConfig,
  place: string,
): void {
  const expected = expectedWeights(config)
  const missing = [...expected.keys()].filter((name) => !shapes.has(name))
  const surplus = [...shapes.keys()].filter(
    (name) => !expected.has(name) && !isHarmless(name, config),
  )
  const misshapen = [...expected].flatMap(([name, shape]) => {
    const found = shapes.get(name)
    return found && !sameShape(shape, found)
      ? [`${quoted(name)}: expected ${written(shape)}, found ${written(found)}`]
      : []
  })
  const problems = [
    ...report('missing', missing.map(quoted)),
    ...report('surplus', surplus.map(quoted)),
    ...report('misshapen', misshapen),
  ]
  if (problems.length > 0) {
    throw new UserError(
      `${place}: the weights do not fit the configuration\n${problems.join('\n')}`,
    )
  }
}

/** Whether a weight is no part of the decoder but known to change nothing. */
function isHarmless(name: string, config: ModelConfig): boolean {
  return harmless.test(name) || (config.tiedHead && name === 'lm_head.weight')
}

function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((size, index) => size === b[index])
}

function written(shape: Shape): string {
  return `[${shape.join(', ')}]`
}

function report(kind: string, entries: readonly string[]): string[] {
  if (entries.length === 0) return []
  const more = entries.length > listed ? ` and ${entries.length - listed} more` : ''
  return [`  ${kind} (${entries.length}): ${entries.slice(0, listed).join('; ')}${more}`]
}
