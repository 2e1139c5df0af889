// The only place where it is decided what is trained on.

import type { Segment } from './segment.ts'

/** One per token, over the segments laid end to end: 1 where the author is the policy, else 0. */
export function responseMask(segments: readonly Segment[]): Uint8Array {
  const length = segments.reduce((sum, segment) => sum + segment.tokens.length, 0)
  const mask = new Uint8Array(length)
  let position = 0
  for (const segment of segments) {
    const end = position + segment.tokens.length
    if (segment.author === 'policy') mask.fill(1, position, end)
    position = end
  }
  return mask
}
