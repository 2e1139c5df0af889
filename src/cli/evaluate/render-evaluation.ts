// The report of an evaluation as tables.

import type { Behaviour } from '../../evaluate/behaviour.ts'
import type { Estimate } from '../../evaluate/bootstrap.ts'
import type { Comparison } from '../../evaluate/compare.ts'
import type { Accuracy, EvaluationReport } from '../../evaluate/evaluation-report.ts'
import { table } from '../table.ts'

export function renderEvaluation(report: EvaluationReport): string {
  const { all, bySource, byLabel, unjudged } = report
  const parts = [
    ...Object.entries(byLabel),
    ...(Object.keys(bySource).length > 1 ? Object.entries(bySource) : []),
    ['all', all] as const,
  ]
  const right = Array.from({ length: 6 }, () => 'right' as const)
  return [
    table(
      parts.map(([name, accuracy]) => accuracyRow(name, accuracy)),
      {
        head: ['', 'problems', 'attempts', 'accuracy', '95 %', 'pass@k', 'maj@k'],
        align: ['left', ...right],
      },
    ),
    renderBehaviour(all.behaviour),
    ...(unjudged > 0
      ? [`${unjudged} attempts failed through no fault of the model: not counted\n`]
      : []),
  ].join('\n')
}

function accuracyRow(
  name: string,
  { problems, attempts, average, pass, majority }: Accuracy,
): string[] {
  const last = (estimates: Readonly<Record<string, Estimate>>) => {
    const [k, found] = Object.entries(estimates).at(-1) ?? []
    return found ? `${percent(found.mean)} (${k})` : ''
  }
  return [
    name,
    String(problems),
    String(attempts),
    percent(average.mean),
    interval(average),
    last(pass),
    last(majority),
  ]
}

export function renderBehaviour(behaviour: Behaviour): string {
  const number = (value: number | null, digits = 1) =>
    value === null ? '-' : value.toFixed(digits)
  const share = (value: number | null) => (value === null ? '-' : percent(value))
  const counted = (counts: Readonly<Record<string, number>>) =>
    Object.entries(counts)
      .sort((a, b) => b[1] - a[1])
      .map(([name, count]) => `${name} ${count}`)
      .join(', ') || '-'
  const rows = [
    ['response length, tokens', number(behaviour.responseLength)],
    ['responses with code', share(behaviour.codeRatio)],
    ['calls a response', number(behaviour.callsPerResponse, 2)],
    ['lines of code', number(behaviour.codeLines)],
    ['snippets that ran', String(behaviour.correctCodeCount)],
    ['last snippet ran', share(behaviour.codePassRate)],
    ['  where the answer is right', share(behaviour.codePassRateRight)],
    ['  where it is wrong', share(behaviour.codePassRateWrong)],
    ['first code at, share of the response', share(behaviour.invocationTiming)],
    ['responses with an error, corrected', `${behaviour.withErrors}, ${behaviour.selfCorrections}`],
    ['purposes of code', counted(behaviour.purposes)],
    ['ends', counted(behaviour.stops)],
  ]
  return table(rows, { head: ['behaviour', ''] })
}

export function renderComparison(comparison: Comparison): string {
  const { first, second, difference, better, worse, equal, unpaired } = comparison
  const points = (value: number) => (100 * value).toFixed(1)
  return [
    table(
      [
        ['first', percent(first.mean), interval(first)],
        ['second', percent(second.mean), interval(second)],
        [
          'difference, points',
          points(difference.mean),
          `${points(difference.low)} to ${points(difference.high)}`,
        ],
      ],
      { head: ['', 'accuracy', '95 %'], align: ['left', 'right', 'right'] },
    ),
    `better in ${better} problems, worse in ${worse}, equal in ${equal}; ${unpaired} not in both\n`,
  ].join('\n')
}

function percent(value: number): string {
  return Number.isNaN(value) ? '-' : `${(100 * value).toFixed(1)} %`
}

function interval({ low, high }: Estimate): string {
  return Number.isNaN(low) ? '-' : `${(100 * low).toFixed(1)} to ${(100 * high).toFixed(1)}`
}
