// The quickstart's table: the model before, after the cold start, after RL.

import type { Estimate } from '../../evaluate/bootstrap.ts'
import type { Judged } from '../../train/judge-policy.ts'
import type { QuickstartResult } from '../../train/quickstart.ts'
import { table } from '../table.ts'

export function resultTable({ untouched, coldStart, trained }: QuickstartResult): string {
  const columns = [untouched, coldStart, trained]
  const row = (title: string, show: (judged: Judged) => string) => [title, ...columns.map(show)]
  const { problems } = trained.accuracy.all
  return table(
    [
      row('accuracy, all families', ({ accuracy }) => share(accuracy.all)),
      row('  demonstrated families', ({ accuracy }) => share(accuracy.demonstrated)),
      row('  never demonstrated', ({ accuracy }) => share(accuracy.others)),
      row('calls per trajectory', (judged) => judged.callsPerTrajectory.toFixed(2)),
      row('code pass rate', ({ codePassRate }) =>
        codePassRate === null ? 'no calls' : percent(codePassRate),
      ),
      row('mean tokens', (judged) => judged.meanTokens.toFixed(0)),
    ],
    {
      head: [`${problems} held-out problems`, 'untouched', 'cold start', 'after RL'],
      align: ['left', 'right', 'right', 'right'],
    },
  )
}

/** `36 % [29, 44]`: the mean with its 95 % interval. */
function share({ mean, low, high, problems }: Estimate): string {
  if (problems === 0) return 'none'
  return `${percent(mean)} [${Math.round(100 * low)}, ${Math.round(100 * high)}]`
}

function percent(value: number): string {
  return `${Math.round(100 * value)} %`
}
