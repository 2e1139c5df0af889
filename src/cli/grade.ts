// `retool-rl grade FILE`: other people's trajectories, judged without a model.

import type { Command } from 'commander'
import { withExamples } from './example.ts'

/** Adds `grade`. */
export function addGradeCommand(program: Command): void {
  const command = program
    .command('grade <file>')
    .description('judge responses that were written down: accuracy and behaviour, without a model')
    .option('--records <file>', 'also write one record a response (JSON lines)')
    .option('--json', 'print the report as JSON')
    .addHelpText(
      'after',
      `
Each row has a reference (answer, reference, ground_truth, target, ...) and one or
more responses (response, completions, messages, ...). Code stands in <code> tags
with <interpreter> replies, in python and output fences, or in tool calls.`,
    )
    .action(async (file: string, flags: { readonly records?: string; readonly json?: true }) => {
      const { runGrade } = await import('./evaluate/run-grade.ts')
      await runGrade(file, flags)
    })
  withExamples(command, 'retool-rl grade responses.jsonl --json')
}
