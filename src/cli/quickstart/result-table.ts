// The quickstart's table: the model before, after the cold start, after RL.

import type { Accuracy, EvaluationReport } from '../../evaluate/evaluation-report.ts'
import type { QuickstartResult } from '../../train/quickstart-options.ts'
import { table } from '../table.ts'

export function resultTable({ untouched, coldStart, trained }: QuickstartResult): string {
  const columns = [untouched, coldStart, trained]
  const row = (title: string, show: (report: EvaluationReport) => string) => [
    title,
    ...columns.map(show),
  ]
  return table(
    [
      row('accuracy, all families', ({ all }) => share(all)),
      row('  demonstrated families', ({ byLabel }) => share(byLabel['demonstrated'])),
      row('  never demonstrated', ({ byLabel }) => share(byLabel['others'])),
      row(
        'calls per trajectory',
        ({ all }) => all.behaviour.callsPerResponse?.toFixed(2) ?? 'none',
      ),
      row('code pass rate', ({ all }) => rate(all.behaviour.codePassRate)),
      row('mean tokens', ({ all }) => all.behaviour.responseLength?.toFixed(0) ?? 'none'),
    ],
    {
      head: [`${trained.all.problems} held-out problems`, 'untouched', 'cold start', 'after RL'],
      align: ['left', 'right', 'right', 'right'],
    },
  )
}

/** `36 % [29, 44]`: the mean with its 95 % interval. */
function share(accuracy: Accuracy | undefined): string {
  if (!accuracy || accuracy.problems === 0) return 'none'
  const { mean, low, high } = accuracy.average
  return `${percent(mean)} [${Math.round(100 * low)}, ${Math.round(100 * high)}]`
}

function rate(value: number | null): string {
  return value === null ? 'no calls' : percent(value)
}

function percent(value: number): string {
  return `${Math.round(100 * value)} %`
}
