// The action of `retool-rl grade`.

import { writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { BadRows } from '../../data/bad-rows.ts'
import type { AttemptRecord } from '../../evaluate/attempt-record.ts'
import { gradeFile } from '../../evaluate/grade-file.ts'
import { answerJudge } from '../../reward/judge.ts'
import { openGrader } from '../../reward/open-grader.ts'
import { renderEvaluation } from './render-evaluation.ts'

export async function runGrade(
  file: string,
  flags: { readonly records?: string; readonly json?: true },
): Promise<void> {
  const grader = openGrader(Math.min(4, availableParallelism()))
  const badRows = new BadRows('skip')
  const records: AttemptRecord[] = []
  try {
    const report = await gradeFile(file, {
      judge: answerJudge({ grader, seconds: 10 }),
      badRows,
      ...(flags.records !== undefined && {
        onRecord: (record: AttemptRecord) => records.push(record),
      }),
    })
    if (flags.records !== undefined) {
      writeFileSync(flags.records, records.map((record) => `${JSON.stringify(record)}\n`).join(''))
    }
    const full = { ...report, badRows: badRows.summary() }
    process.stdout.write(
      flags.json ? `${JSON.stringify(full, null, 2)}\n` : renderEvaluation(report),
    )
    for (const { reason, count, examples } of full.badRows) {
      process.stderr.write(`${count} rows: ${reason}\n${examples.map((e) => `  ${e}\n`).join('')}`)
    }
    if (report.all.attempts === 0) process.exitCode = 1
  } finally {
    await grader.close()
  }
}
