// What k attempts say about accuracy, from n >= k attempts at a problem.

import { UserError } from '../base/errors.ts'

/** Right and judged attempts at one problem, with the class of each judged attempt's answer. */
export interface ProblemAttempts {
  /** Per judged attempt: whether it is right. */
  readonly correct: readonly boolean[]
  /** Per judged attempt: what it answered, equal texts being equal answers; null is none. */
  readonly answers: readonly (string | null)[]
}

/** Mean accuracy of a problem's attempts. */
export function averageAt({ correct }: ProblemAttempts): number {
  return correct.filter(Boolean).length / correct.length
}

/**
 * Chance that at least one of k attempts drawn without replacement from the n is right:
 * 1 - C(n - c, k) / C(n, k), unbiased (Chen et al. 2021), as a product that does not overflow.
 */
export function passAt({ correct }: ProblemAttempts, k: number): number {
  const n = correct.length
  requireAttempts(n, k)
  const wrong = n - correct.filter(Boolean).length
  if (wrong < k) return 1
  let allWrong = 1
  for (let i = 0; i < k; i++) allWrong *= (wrong - i) / (n - i)
  return 1 - allWrong
}

/**
 * Chance that the most frequent answer among k attempts is right, over as many whole blocks of k
 * as the attempts give, in their order. Right answers count as one, however they are spelled;
 * attempts without an answer do not vote; a tie is shared.
 */
export function majorityAt({ correct, answers }: ProblemAttempts, k: number): number {
  requireAttempts(correct.length, k)
  const blocks = Math.floor(correct.length / k)
  let sum = 0
  for (let block = 0; block < blocks; block++) {
    const votes = new Map<string, number>()
    for (let i = block * k; i < (block + 1) * k; i++) {
      const answer = answers[i] ?? null
      const key = correct[i] ? 'right' : answer === null ? null : `wrong ${answer}`
      if (key !== null) votes.set(key, (votes.get(key) ?? 0) + 1)
    }
    const most = Math.max(0, ...votes.values())
    const leaders = [...votes].filter(([, count]) => count === most).map(([key]) => key)
    if (leaders.includes('right')) sum += 1 / leaders.length
  }
  return sum / blocks
}

function requireAttempts(n: number, k: number): void {
  if (!Number.isInteger(k) || k < 1 || k > n) {
    throw new UserError(`k must be a whole number from 1 to the ${n} attempts; found ${k}`, 2)
  }
}
