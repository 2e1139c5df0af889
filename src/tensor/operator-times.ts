// Where time goes, operator by operator, those of the way back included.

import { native } from './native.ts'

export interface OperatorTime {
  readonly name: string
  readonly calls: number
  /** Without the time of the operators inside. */
  readonly seconds: number
}

/** What the operators of `body` cost, the dearest first. */
export function operatorTimes(body: () => void): OperatorTime[] {
  native().timeOperators(true)
  let found: readonly (readonly [string, number, number])[] = []
  try {
    body()
  } finally {
    found = native().timeOperators(false)
  }
  return found
    .map(([name, calls, seconds]) => ({ name, calls, seconds }))
    .sort((a, b) => b.seconds - a.seconds)
}
