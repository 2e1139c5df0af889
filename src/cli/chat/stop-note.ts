// Why an answer ended, where that was not the model's own choice.

import type { Stop } from '../../trajectory/trajectory.ts'

/** A few words for the person, or undefined where there is nothing to say. */
export function stopNote(stop: Stop, tokenLimit: number): string | undefined {
  switch (stop.kind) {
    case 'answered':
    case 'ended':
      return undefined
    case 'cancelled':
      return 'stopped'
    case 'malformed':
      return `a malformed call (${stop.name}) ended the answer`
    case 'failed':
      return `the ${stop.failure.border} failed: ${stop.failure.message}`
    case 'limit':
      if (stop.limit === 'turnTokens') return `cut at --max-tokens ${tokenLimit}`
      if (stop.limit === 'trajectoryTokens') {
        return 'the context is full: /new begins again, --context N makes room for more'
      }
      return `ended by the limit of ${stop.limit}`
    default:
      return stop satisfies never
  }
}
