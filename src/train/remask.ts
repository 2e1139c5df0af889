// A mask of the user's own: what it leaves out of what the policy wrote becomes context.

import type { Scored, ScoredGroup } from '../reward/reward.ts'
import type { Segment } from '../trajectory/segment.ts'

/** One per token over the segments laid end to end: whether it is trained on. */
export type ResponseMask = (segments: readonly Segment[]) => ArrayLike<number>

/**
 * The groups with segments whose authors say what the mask says. It can only leave out: what the
 * policy did not write has no log-probs and is never trained on.
 *
 *   policy [5, 6, 7] with mask [1, 0, 1] becomes policy [5], context [6], policy [7]
 */
export function remask(groups: readonly ScoredGroup[], mask: ResponseMask): ScoredGroup[] {
  return groups.map(({ problem, members }) => ({
    problem,
    members: members.map((scored) => remasked(scored, mask)),
  }))
}

function remasked({ trajectory, reward }: Scored, maskOf: ResponseMask): Scored {
  const mask = maskOf(trajectory.segments)
  let start = 0
  const segments = trajectory.segments.flatMap((segment) => {
    const from = start
    start += segment.tokens.length
    return segment.author === 'policy'
      ? cut(segment, Array.from(mask).slice(from, start))
      : [segment]
  })
  return { trajectory: { ...trajectory, segments }, reward }
}

function cut(segment: Segment & { readonly author: 'policy' }, mask: readonly number[]): Segment[] {
  const { tokens, logprobs } = segment
  const borders = [...tokens.keys()].filter(
    (i) => i > 0 && Boolean(mask[i]) !== Boolean(mask[i - 1]),
  )
  return [0, ...borders].map((begin, run): Segment => {
    const end = borders[run] ?? tokens.length
    const part = tokens.slice(begin, end)
    return mask[begin]
      ? { author: 'policy', tokens: part, logprobs: logprobs ? logprobs.slice(begin, end) : null }
      : { author: 'context', tokens: part }
  })
}
