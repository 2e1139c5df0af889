// The results of the experiment as a page of Markdown.

import type { Estimate } from '../../src/evaluate/bootstrap.ts'
import type { EvaluationReport } from '../../src/evaluate/evaluation-report.ts'
import {
  type Arm,
  arms,
  comparisons,
  type Results,
  type Sizes,
  type Stage,
  stages,
} from './results.ts'

const armNames: Readonly<Record<Arm, string>> = { tools: 'with tools', text: 'text alone' }
const stageNames: Readonly<Record<Stage, string>> = {
  untouched: 'untouched',
  'cold-start': 'after the cold start',
  rl: 'after RL',
}

export function resultsText(results: Results, note?: string): string {
  const { sizes, coldStart, reports } = results
  const rows = arms.flatMap((arm) =>
    stages.flatMap((stage) => {
      const report = reports[arm][stage]
      return report ? [{ names: [armNames[arm], stageNames[stage]], report }] : []
    }),
  )
  return `# GSM8K with ${sizes.model}: tools against text alone

Written by \`recipes/gsm8k/experiment.ts\` from its results.

${setting(sizes)}${note ? `\n\n${note}` : ''}

## Accuracy

Share of test problems solved, in percent, with its 95 % bootstrap interval over problems. Where
none or all are solved the interval has no width, which says less than it seems: of n problems
the true share may then still be 3/n away.

${table(
  ['arm', 'stage', 'all', 'at most two steps', 'longer'],
  rows.map(({ names, report: { all, bySource } }) => {
    const of = (source: string) => share(bySource[source]?.average)
    return [...names, share(all.average), of('short'), of('longer')]
  }),
)}

## Paired differences

On the same problems, in points, with the difference's 95 % interval.

${table(
  ['difference', 'points', 'better', 'worse', 'equal'],
  comparisons(results).map(([name, { difference, better, worse, equal }]) => [
    name,
    share(difference),
    ...[better, worse, equal].map(String),
  ]),
)}

${verdict(results)}

## Behaviour

${table(
  ['arm', 'stage', 'with code', 'last snippet ran', 'self-corrected', 'tokens', 'ends'],
  rows.map(({ names, report }) => [...names, ...behaviourCells(report)]),
)}

## Cold start

${coldStart.kept} demonstrations from ${coldStart.left.problems} problems: ${coldStart.dropped
    .map(({ reason, count }) => `${count} dropped, ${reason}`)
    .join('; ')}. Every snippet was run; no answer differs from the reference.
`
}

function setting(sizes: Sizes): string {
  const { demonstrations, epochs, steps, problemsPerStep, groupSize, test } = sizes
  return `Each arm: ${demonstrations} demonstrations of the same problems, ${epochs} ${epochs === 1 ? 'epoch' : 'epochs'}; then ${steps} ${steps === 1 ? 'step' : 'steps'} of RL (GRPO) of ${problemsPerStep} problems x ${groupSize} trajectories, on problems of at most two steps that were not demonstrated; ${test} test problems, one greedy attempt each. Both arms have the same seeds, problems and numbers of steps.`
}

/** What the intervals allow to say, and no more. */
function verdict(results: Results): string {
  const said = comparisons(results).map(
    ([
      name,
      {
        difference: { low, high },
      },
    ]) => {
      const finding =
        low > 0 ? 'higher' : high < 0 ? 'lower' : 'the interval holds zero: no difference shown'
      return `- ${name}: ${finding}`
    },
  )
  return said.join('\n')
}

function behaviourCells({ all: { behaviour } }: EvaluationReport): string[] {
  const percent = (value: number | null) => (value === null ? '-' : `${(100 * value).toFixed(0)} %`)
  const ends = Object.entries(behaviour.stops)
    .sort((a, b) => b[1] - a[1])
    .map(([name, count]) => `${name} ${count}`)
  return [
    percent(behaviour.codeRatio),
    percent(behaviour.codePassRate),
    `${behaviour.selfCorrections} of ${behaviour.withErrors}`,
    behaviour.responseLength?.toFixed(0) ?? '-',
    ends.join(', '),
  ]
}

/** `12.5 [8.0, 17.5]`, in points. */
function share(estimate: Estimate | undefined): string {
  if (!estimate || estimate.problems === 0) return '-'
  const points = (value: number) => (100 * value).toFixed(1)
  return `${points(estimate.mean)} [${points(estimate.low)}, ${points(estimate.high)}]`
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}
