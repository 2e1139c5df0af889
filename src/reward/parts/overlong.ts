// DAPO's soft penalty for responses that come near the limit.

import { responseLength } from '../attempt.ts'
import type { RewardPart } from '../reward-part.ts'

export interface OverlongOptions {
  /** Most tokens of a response, tool output included. */
  readonly limit: number
  /** The penalty grows over so many tokens before the limit. */
  readonly buffer: number
  /** Penalty at the limit. */
  readonly factor: number
}

export const overlongDefaults: OverlongOptions = { limit: 16_384, buffer: 4096, factor: 1 }

/**
 * min(-(length - (limit - buffer)) / buffer * factor, 0): nothing up to limit - buffer, then down to
 * -factor at the limit. Source: Yu et al. 2025 (arXiv 2503.14476).
 */
export function overlong({ limit, buffer, factor }: OverlongOptions): RewardPart {
  return {
    name: 'overlong',
    per: 'trajectory',
    value: ({ trajectory }) => {
      const excess = responseLength(trajectory) - (limit - buffer)
      return excess <= 0 ? 0 : (-excess / buffer) * factor
    },
  }
}
