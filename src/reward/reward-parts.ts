// The registry: reward parts by name, with their options and weights.

import { UserError } from '../base/errors.ts'
import { nearest } from '../base/nearest.ts'
import { codeRatio } from './parts/code-ratio.ts'
import { codeRuns } from './parts/code-runs.ts'
import { codeTiming } from './parts/code-timing.ts'
import { type FormatOptions, format, formatDefaults } from './parts/format.ts'
import { type LengthOptions, length, lengthDefaults } from './parts/length.ts'
import { type OutcomeOptions, outcome, outcomeDefaults } from './parts/outcome.ts'
import { type OverlongOptions, overlong, overlongDefaults } from './parts/overlong.ts'
import { type ToolUseOptions, toolUse, toolUseDefaults } from './parts/tool-use.ts'
import type { RewardPart, WeightedPart } from './reward-part.ts'

/** The built-in parts and what each may be told beside its weight. */
export interface PartOptions {
  readonly outcome: Partial<OutcomeOptions>
  readonly format: Partial<FormatOptions>
  readonly codeRuns: Record<never, never>
  readonly codeRatio: Record<never, never>
  readonly codeTiming: Record<never, never>
  readonly toolUse: Partial<ToolUseOptions>
  readonly length: Partial<LengthOptions>
  readonly overlong: Partial<OverlongOptions>
}

export type PartName = keyof PartOptions

/** Parts by name: a weight alone, or a weight with options. */
export type RewardOptions = {
  readonly [Name in PartName]?: number | ({ readonly weight: number } & PartOptions[Name])
}

const makers: { readonly [Name in PartName]: (options: PartOptions[Name]) => RewardPart } = {
  outcome: (options) => outcome({ ...outcomeDefaults, ...options }),
  format: (options) => format({ ...formatDefaults, ...options }),
  codeRuns,
  codeRatio,
  codeTiming,
  toolUse: (options) => toolUse({ ...toolUseDefaults, ...options }),
  length: (options) => length({ ...lengthDefaults, ...options }),
  overlong: (options) => overlong({ ...overlongDefaults, ...options }),
}

export const partNames = Object.keys(makers) as readonly PartName[]

/**
 * The parts that `options` name, and `own` parts of the user after them. Throws UserError on an
 * unknown or repeated name and on a weight that is no number.
 *
 *   rewardParts({ outcome: 1, format: 0.1, overlong: { weight: 1, limit: 2048, buffer: 512 } })
 */
export function rewardParts(
  options: RewardOptions,
  own: readonly WeightedPart[] = [],
): WeightedPart[] {
  const named = Object.keys(options).map((name) => {
    if (isPartName(name)) return weightedPart(name, options)
    const meant = nearest(name, partNames)
    throw new UserError(
      `reward.${name}: unknown reward part; ${meant ? `did you mean ${meant}?` : `known are ${partNames.join(', ')}`}`,
      2,
    )
  })
  const parts = [...named, ...own]
  parts.forEach(({ part, weight }, index) => {
    if (!Number.isFinite(weight)) {
      throw new UserError(`reward.${part.name}: expected a finite weight, found ${weight}`, 2)
    }
    if (parts.findIndex((other) => other.part.name === part.name) !== index) {
      throw new UserError(`reward.${part.name}: two parts have this name; rename one`, 2)
    }
  })
  return parts
}

function isPartName(name: string): name is PartName {
  return Object.hasOwn(makers, name)
}

function weightedPart<Name extends PartName>(name: Name, options: RewardOptions): WeightedPart {
  const given: RewardOptions[PartName] = options[name]
  const { weight, ...rest } = typeof given === 'object' ? given : { weight: given ?? 0 }
  return { part: makers[name](rest as PartOptions[Name]), weight }
}
