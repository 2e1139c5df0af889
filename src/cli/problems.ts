// `retool-rl problems SOURCE`: what a problem source holds, and what is wrong with it.

import type { Command } from 'commander'
import type { Lengths, Survey } from '../data/survey.ts'
import { withExamples } from './example.ts'
import type { SourceFlags } from './source-flags.ts'
import { withSourceFlags } from './source-flags.ts'
import { table } from './table.ts'
import { wholeNumber } from './whole-number.ts'

interface ProblemsFlags extends SourceFlags {
  readonly samples: number
  readonly refuse?: true
  readonly json?: true
}

/** Adds `problems`. */
export function addProblemsCommand(program: Command): void {
  const command = program
    .command('problems <source>')
    .description('counts, lengths, samples and faults of a problem source')
    .option('--samples <n>', 'how many problems to show', wholeNumber(0), 3)
    .option('--refuse', 'end with an error at the first bad row')
    .option('--json', 'print JSON')
    .action(async (spec: string, flags: ProblemsFlags) => {
      const { openSourceOf, describeMapping } = await import('./problem-source.ts')
      const { survey } = await import('../data/survey.ts')
      const mappings: string[] = []
      await using opened = await openSourceOf(spec, flags, (file, mapping) =>
        mappings.push(describeMapping(file, mapping)),
      )
      const found = await survey(opened.source, {
        samples: flags.samples,
        seed: flags.problemSeed ?? 0,
        badRows: flags.refuse ? 'refuse' : 'skip',
      })
      process.stdout.write(
        flags.json
          ? `${JSON.stringify({ ...found, mappings }, null, 2)}\n`
          : renderSurvey(found, mappings),
      )
      if (found.problems === 0) process.exitCode = 1
    })
  withSourceFlags(command)
  withExamples(
    command,
    'retool-rl problems gsm8k/train.jsonl',
    'retool-rl problems gym:products*2,gcd --size 100 --json',
  )
}

/** The survey as text; exported for its test. */
export function renderSurvey(found: Survey, mappings: readonly string[]): string {
  const lengths = ({ mean, median, p95, longest }: Lengths) =>
    [mean, median, p95, longest].map((value) => String(Math.round(value)))
  const counts = (entries: Readonly<Record<string, number>>) =>
    Object.entries(entries).map(([name, count]) => [name, String(count)])
  const samples = found.samples.map(
    ({ id, question, answer }) => `${id}\n  ${question.replace(/\s+/g, ' ')}\n  -> ${answer}\n`,
  )
  const bad = found.badRows.map(
    ({ reason, count, examples }) =>
      `${count} ${count === 1 ? 'row' : 'rows'}: ${reason}\n${examples.map((e) => `  ${e}\n`).join('')}`,
  )
  return [
    ...mappings.map((mapping) => `${mapping}\n`),
    `${found.problems} problems, ${found.withSolution} with a worked solution\n`,
    table(counts(found.bySource), { head: ['source', 'problems'], align: ['left', 'right'] }),
    table(counts(found.answerKinds), { head: ['answers', 'problems'], align: ['left', 'right'] }),
    table(
      [
        ['question', ...lengths(found.questions)],
        ['answer', ...lengths(found.answers)],
      ],
      {
        head: ['characters', 'mean', 'median', '95 %', 'longest'],
        align: ['left', 'right', 'right', 'right', 'right'],
      },
    ),
    ...samples,
    ...bad,
  ].join('\n')
}
