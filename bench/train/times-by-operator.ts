// A training step by operator, as lines for people.

import { operatorTimes } from '../../src/tensor/operator-times.ts'

const shown = 14

/** Share, time, calls and name of the dearest operators of `step`, and what is left beside them. */
export function timesByOperator(step: () => number): string[] {
  let seconds = 0
  const times = operatorTimes(() => {
    seconds = step()
  })
  const line = (spent: number, calls: string, name: string) =>
    `  ${`${((100 * spent) / seconds).toFixed(1)} %`.padStart(7)} ${spent.toFixed(3).padStart(8)} s ${calls.padStart(6)} x ${name}`
  const all = times.reduce((sum, one) => sum + one.seconds, 0)
  const rest = times.slice(shown)
  const restSeconds = rest.reduce((sum, one) => sum + one.seconds, 0)
  const restCalls = rest.reduce((sum, one) => sum + one.calls, 0)
  return [
    ...times.slice(0, shown).map((one) => line(one.seconds, String(one.calls), one.name)),
    line(restSeconds, String(restCalls), 'other operators'),
    line(seconds - all, '', 'outside of operators'),
  ]
}
