// `retool-rl doctor`: what was found on this machine and what to do about what is missing.

import type { Command } from 'commander'
import { withExamples } from './example.ts'

export function addDoctor(program: Command): void {
  const command = program
    .command('doctor')
    .description('show what was found on this machine and what to do about what is missing')
    .option('--json', 'print the findings as JSON')
    .action(async ({ json }: { json?: true }) => {
      const { diagnose } = await import('./doctor/diagnose.ts')
      const { renderFindings } = await import('./doctor/render-findings.ts')
      const diagnosis = await diagnose()
      process.stdout.write(
        json ? `${JSON.stringify(diagnosis, null, 2)}\n` : renderFindings(diagnosis.findings),
      )
      if (!diagnosis.ready) process.exitCode = 1
    })
  withExamples(command, 'retool-rl doctor', 'retool-rl doctor --json')
}
