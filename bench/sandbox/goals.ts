// The goals of the sandbox as lines of a table: what was asked, what was measured, met or not.

import type { Measured } from './measure.ts'

export interface Findings {
  /** By load, then by target's name. */
  readonly loads: ReadonlyMap<string, ReadonlyMap<string, Measured>>
  readonly mixed: { readonly calm: Measured; readonly among: Measured }
  readonly relayMegabytesPerSecond: number
  readonly restMegabytes: number
}

const ours = 'ours, HTTP'
export const theirs = 'SandboxFusion'

export function goalRows(findings: Findings): string[][] {
  const of = (load: string, target: string) => findings.loads.get(load)?.get(target)
  const ratio = (load: string, value: (measured: Measured) => number) => {
    const [mine, other] = [of(load, ours), of(load, theirs)]
    return mine && other ? value(mine) / value(other) : undefined
  }
  const unanswered = of('sympy solve, 256', theirs)?.unanswered ?? 0
  /** Programs on which the load gave up would have taken longer, so what is compared is at least this. */
  const least = unanswered > 0 ? `, at least (${unanswered} of theirs unanswered)` : ''
  const rate = ({ perSecond }: Measured) => perSecond
  const quickness = ({ p50 }: Measured) => 1 / p50
  const { calm, among } = findings.mixed
  const wrong = [...findings.loads.values()].flatMap((load) => [...load].filter(isOurs))
  const mistakes = [...wrong.map(([, measured]) => measured), calm, among]
  return [
    row('print, 1: p50, ms', of('print, 1', ours)?.p50, '<', 6),
    row("print, 16: times SandboxFusion's rate", ratio('print, 16', rate), '>', 5),
    row("sympy solve, 16: times SandboxFusion's rate", ratio('sympy solve, 16', rate), '>', 25),
    row("sympy solve, 256: times SandboxFusion's rate", ratio('sympy solve, 256', rate), '>', 25),
    row(
      `sympy solve, 256: times shorter p50${least}`,
      ratio('sympy solve, 256', quickness),
      '>',
      15,
    ),
    row('healthy among hostile: p99 over calm p99', among.p99 / calm.p99, '<', 3),
    row('2 MB of output, MB/s', findings.relayMegabytesPerSecond, '>', 50),
    row('pool at rest, MB', findings.restMegabytes, '<', 400),
    row(
      'wrong answers of ours',
      mistakes.reduce((sum, { wrong, unanswered }) => sum + wrong + unanswered, 0),
      '<',
      1,
    ),
  ]
}

function isOurs([target]: [string, Measured]): boolean {
  return target !== theirs
}

function row(what: string, value: number | undefined, sign: '<' | '>', goal: number): string[] {
  if (value === undefined) return [what, 'not measured', `${sign} ${goal}`, '']
  const met = sign === '<' ? value < goal : value >= goal
  return [what, value.toFixed(1), `${sign} ${goal}`, met ? 'met' : 'NOT MET']
}
