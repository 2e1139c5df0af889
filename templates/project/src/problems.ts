// The problems: two dates, and the days between them.

import { type OwnProblem, RandomStream } from 'retool-rl'

const firstDay = Date.UTC(1990, 0, 1) / 86_400_000
const days = 40 * 365

/** As many as asked for; the same seed gives the same. */
export function problems(count: number, seed: number): OwnProblem[] {
  const random = RandomStream.named(seed, 'problems')
  return Array.from({ length: count }, () => {
    const distance = 1 + random.integer(900)
    const start = firstDay + random.integer(days)
    return {
      question: `How many days is it from ${dateOf(start)} to ${dateOf(start + distance)}?`,
      answer: String(distance),
    }
  })
}

function dateOf(dayNumber: number): string {
  return new Date(dayNumber * 86_400_000).toISOString().slice(0, 10)
}
