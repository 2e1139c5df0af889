// The bounds of one trajectory, by name.

import { UserError } from '../base/errors.ts'
import { nearest } from '../base/nearest.ts'

/** Bounds of one trajectory; each ends it with its own stop. */
export interface TrajectoryLimits {
  /** Most completions. A call made by the last one is not run. */
  readonly turns: number
  /** Most calls that are run; the next one ends the trajectory. */
  readonly toolCalls: number
  /** Most tokens of all segments together; the policy's context length bounds it further. */
  readonly trajectoryTokens: number
  /** Most tokens of one completion. */
  readonly turnTokens: number
  /** Most tokens kept of one output, half from its head and half from its tail. */
  readonly outputTokens: number
  /** Most tokens of all tool segments together; the output that passes it is kept. */
  readonly toolTokens: number
  readonly wallTimeMs: number
}

export const defaultTrajectoryLimits: TrajectoryLimits = {
  turns: 10,
  toolCalls: 10,
  trajectoryTokens: 16_384,
  turnTokens: 16_384,
  outputTokens: 1_024,
  toolTokens: 16_384,
  wallTimeMs: 600_000,
}

/** The given limits over the defaults. Throws UserError for an unknown name or no whole number. */
export function trajectoryLimits(given: Partial<TrajectoryLimits> = {}): TrajectoryLimits {
  const known = Object.keys(defaultTrajectoryLimits)
  for (const [name, value] of Object.entries(given)) {
    if (!known.includes(name)) {
      const suggestion = nearest(name, known)
      throw new UserError(
        `limits.${name} is no limit${suggestion ? `; did you mean ${suggestion}?` : `; known: ${known.join(', ')}`}`,
      )
    }
    const least = name === 'toolCalls' ? 0 : 1
    if (!Number.isInteger(value) || value < least) {
      throw new UserError(
        `limits.${name} must be a whole number of at least ${least}, not ${value}`,
      )
    }
  }
  return { ...defaultTrajectoryLimits, ...given }
}
