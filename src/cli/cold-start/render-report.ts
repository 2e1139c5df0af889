// The report of a cold start as text.

import type { ColdStartReport } from '../../cold-start/report.ts'
import { stages } from '../../cold-start/report.ts'
import type { BadRows } from '../../data/bad-rows.ts'
import { table } from '../table.ts'

export type FullReport = ColdStartReport & { readonly badRows: ReturnType<BadRows['summary']> }

const afterStage: Readonly<Record<(typeof stages)[number], string>> = {
  problems: 'problems read',
  contamination: 'not in an evaluation set',
  duplicates: 'no near-duplicate',
  difficulty: 'of middle difficulty',
  writing: 'written, and every snippet as expected',
  checks: 'passed all checks',
  balance: 'kept',
}

export function renderReport(report: FullReport): string {
  const total = Math.max(1, report.left.problems)
  const percent = (count: number) => `${((100 * count) / total).toFixed(1)} %`
  const funnel = stages.map((stage) => {
    const count = report.left[stage]
    return [afterStage[stage], String(count), percent(count)]
  })
  const dropped = report.dropped.map(({ stage, reason, count, examples }) => {
    const [first] = examples
    const example = first
      ? `${first.problemId}: ${first.detail.replace(/\s+/g, ' ').slice(0, 90)}`
      : ''
    return [String(count), stage, reason, example]
  })
  const { bySource, byWriter, byCalls, corrected, meanCodeLines } = report.demonstrations
  const listed = (counts: Readonly<Record<string, number>>) =>
    Object.entries(counts)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ')
  return [
    table(funnel, { head: ['left', 'count', 'share'], align: ['left', 'right', 'right'] }),
    ...(dropped.length > 0
      ? [table(dropped, { head: ['dropped', 'stage', 'reason', 'example'] })]
      : []),
    ...report.badRows.map(
      ({ reason, count, examples }) => `bad rows: ${count} ${reason}, ${examples[0]}\n`,
    ),
    `sources: ${listed(bySource)}\nwriters: ${listed(byWriter)}\ncalls: ${listed(byCalls)}\n` +
      `with an error and its correction: ${corrected}; mean lines of code: ${meanCodeLines.toFixed(1)}\n`,
    costLine(report),
  ].join('\n')
}

function costLine({ cost, seconds }: FullReport): string {
  if (!cost) return `${seconds.toFixed(1)} s\n`
  return `${seconds.toFixed(1)} s; ${cost.requests} requests (${cost.remembered} replies remembered), ${cost.promptTokens} + ${cost.completionTokens} tokens, ${cost.dollars.toFixed(4)} dollars\n`
}
