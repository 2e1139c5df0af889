// The problem files of the experiment: training and test split, what was demonstrated, and what to
// practise on.

import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { readDemonstrations } from '../../src/cold-start/read-demonstrations.ts'
import { BadRows } from '../../src/data/bad-rows.ts'
import { openSource } from '../../src/data/open-source.ts'
import type { Problem } from '../../src/data/problem.ts'
import { readProblems } from '../../src/data/problem-stream.ts'
import { questionKey } from '../../src/data/question-key.ts'
import { sourceServices } from '../../src/data/source-services.ts'

/** Calculations in the worked solution of a short problem, at most. */
const shortSteps = 2

/**
 * Writes `train.jsonl`, and the first `testCount` test problems as `test/short.jsonl` and
 * `test/longer.jsonl`, so that an evaluation of the folder tells them apart.
 */
export async function prepareProblems(
  data: string,
  folder: string,
  testCount: number,
): Promise<void> {
  const train = join(folder, 'train.jsonl')
  if (existsSync(train)) return
  const test = (await splitOf(data, 'test')).slice(0, testCount)
  writeProblems(join(folder, 'test', 'short.jsonl'), test.filter(isShort))
  writeProblems(
    join(folder, 'test', 'longer.jsonl'),
    test.filter((problem) => !isShort(problem)),
  )
  writeProblems(train, await splitOf(data, 'train'))
}

/** Writes `demonstrated.jsonl`, and `practice.jsonl`: short problems that nobody demonstrated. */
export async function problemsToPractise(
  data: string,
  demonstrations: string,
  folder: string,
): Promise<void> {
  const practice = join(folder, 'practice.jsonl')
  if (existsSync(practice)) return
  const demonstrated: Problem[] = []
  for await (const { problem } of readDemonstrations(demonstrations)) demonstrated.push(problem)
  writeProblems(join(folder, 'demonstrated.jsonl'), demonstrated)
  const known = new Set(demonstrated.map(({ question }) => questionKey(question)))
  const others = (await splitOf(data, 'train')).filter(
    (problem) => isShort(problem) && !known.has(questionKey(problem.question)),
  )
  writeProblems(practice, others)
}

async function splitOf(data: string, split: 'train' | 'test'): Promise<Problem[]> {
  await using services = sourceServices()
  const subset = data.startsWith('hub:') ? { subset: 'main' } : {}
  const source = await openSource(data, { split, ...subset }, services)
  const problems: Problem[] = []
  for await (const problem of readProblems(source, new BadRows('skip'))) problems.push(problem)
  return problems
}

function isShort({ solution = '' }: Problem): boolean {
  return (solution.match(/<</g) ?? []).length <= shortSteps
}

/** In GSM8K's own shape. */
function writeProblems(path: string, problems: readonly Problem[]): void {
  mkdirSync(dirname(path), { recursive: true })
  const lines = problems.map(({ question, solution: answer }) =>
    JSON.stringify({ question, answer }),
  )
  writeFileSync(`${path}.part`, `${lines.join('\n')}\n`)
  renameSync(`${path}.part`, path)
}
