// Where the code of a trajectory stands in what the policy wrote, in characters.

import type { Attempt } from './attempt.ts'

export interface CodePlaces {
  /** Characters that the policy wrote, over all turns. */
  readonly written: number
  /** Those of them that are code of calls. */
  readonly code: number
  /** Characters before the first call's code; null without a call. */
  readonly firstStart: number | null
}

/**
 * Code is the text of a call's `code` argument, looked for at the end of the turn that made it. A
 * call whose code is spelled otherwise (escaped in JSON) counts by its length and as the turn's end.
 */
export function codePlaces({ trajectory, turns }: Attempt): CodePlaces {
  let turn = -1
  let before = 0
  let code = 0
  let firstStart: number | null = null
  for (const segment of trajectory.segments) {
    if (segment.author === 'policy') {
      before += turns[turn]?.length ?? 0
      turn += 1
    } else if (segment.author === 'tool') {
      const source = segment.call.arguments['code']
      if (typeof source !== 'string' || source.trim() === '') continue
      const text = turns[turn] ?? ''
      const found = text.lastIndexOf(source.trim())
      const length = Math.min(source.trim().length, text.length)
      code += length
      firstStart ??= before + (found >= 0 ? found : text.length - length)
    }
  }
  const written = turns.reduce((sum, text) => sum + text.length, 0)
  return { written, code: Math.min(code, written), firstStart }
}
