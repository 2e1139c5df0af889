// Where time goes, operator by operator, those of the way back included.

import { native } from './native.ts'

export interface OperatorTime {
  readonly name: string
  readonly calls: number
  /** Without the time of the operators inside. */
  readonly seconds: number
}

/** Times all operators of this process from now on, until what it returns is called: the dearest first. */
export function timeOperators(): () => OperatorTime[] {
  native().timeOperators(true)
  return () =>
    native()
      .timeOperators(false)
      .map(([name, calls, seconds]) => ({ name, calls, seconds }))
      .sort((a, b) => b.seconds - a.seconds)
}

/** What the operators of `body` cost, the dearest first. */
export function operatorTimes(body: () => void): OperatorTime[] {
  const stop = timeOperators()
  let found: OperatorTime[] = []
  try {
    body()
  } finally {
    found = stop()
  }
  return found
}
