// Do the weights that are there match those that the model needs? All that is wrong is listed in
// one error, so that nobody mends a folder one name at a time.

import { UserError } from '../base/errors.ts'
import type { ModelConfig } from '../model/config.ts'
import { expectedWeights } from '../model/weights.ts'
import { quoted } from './quoted.ts'

export type Shape = readonly number[]

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
  const isKnown = (name: string) => isHarmless(name, config)
  const problems = weightProblems(expectedWeights(config), shapes, isKnown)
  if (problems.length > 0) {
    throw new UserError(
      `${place}: the weights do not fit the configuration\n${problems.join('\n')}`,
    )
  }
}

/** What is missing, surplus or misshapen, a line each; surplus ones may be known as harmless. */
export function weightProblems(
  expected: ReadonlyMap<string, Shape>,
  found: ReadonlyMap<string, Shape>,
  isHarmless: (name: string) => boolean = () => false,
): string[] {
  const missing = [...expected.keys()].filter((name) => !found.has(name))
  const surplus = [...found.keys()].filter((name) => !expected.has(name) && !isHarmless(name))
  const misshapen = [...expected].flatMap(([name, shape]) => {
    const actual = found.get(name)
    return actual && !sameShape(shape, actual)
      ? [`${quoted(name)}: expected ${written(shape)}, found ${written(actual)}`]
      : []
  })
  return [
    ...report('missing', missing.map(quoted)),
    ...report('surplus', surplus.map(quoted)),
    ...report('misshapen', misshapen),
  ]
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
