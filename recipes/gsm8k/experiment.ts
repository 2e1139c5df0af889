// The whole chain on GSM8K with SmolLM2, once with the interpreter and once without: cold start by
// rules, SFT, RL, evaluation. Both arms see the same problems, seeds and numbers of steps.
//
//   npx tsx recipes/gsm8k/experiment.ts --data FOLDER_OR_HUB_NAME --run runs/gsm8k
//
// Each stage is a command that anybody could type; what is there already is not done again, and a
// stage that was cut off goes on where it stopped. Problems to practise on have at most two steps:
// groups that are all wrong teach nothing.

import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command } from 'commander'
import { UserError } from '../../src/base/errors.ts'
import { packageFile } from '../../src/base/package-root.ts'
import { wholeNumber } from '../../src/cli/whole-number.ts'
import { prepareProblems, problemsToPractise } from './prepare-problems.ts'
import { type Arm, arms, keepSizes, readResults, type Sizes } from './results.ts'
import { resultsText } from './results-text.ts'

interface Flags extends Sizes {
  readonly data: string
  readonly run: string
  readonly report?: string
  readonly note?: string
  readonly untouched: boolean
}

const program = new Command('gsm8k-experiment')
  .requiredOption('--data <source>', "GSM8K: a folder, or the Hub's hub:openai/gsm8k")
  .requiredOption('--run <folder>', 'where everything goes')
  .option('--report <file>', 'where the results are written down (RUN/results.md)')
  .option('--note <text>', 'what a reader should know of the machine')
  .option('--model <reference>', 'the untouched model', 'smollm2-135m-instruct')
  .option('--demonstrations <n>', 'demonstrations of each arm', wholeNumber(1), 1_000)
  .option('--epochs <n>', 'times through them', wholeNumber(1), 2)
  .option('--steps <n>', 'steps of RL', wholeNumber(1), 12)
  .option('--problems-per-step <n>', 'problems of a step', wholeNumber(1), 8)
  .option('--group-size <n>', 'trajectories of a problem', wholeNumber(2), 8)
  .option('--test <n>', 'test problems', wholeNumber(1), 200)
  .option('--no-untouched', 'leave out the evaluation of the untouched model')
  .action(run)
try {
  await program.parseAsync()
} catch (error) {
  if (!(error instanceof UserError)) throw error
  process.stderr.write(`error: ${error.message}\n`)
  process.exitCode = error.exitCode
}

async function run(flags: Flags): Promise<void> {
  const at = (...names: string[]) => join(flags.run, ...names)
  keepSizes(flags.run, flags)
  await prepareProblems(flags.data, at('problems'), flags.test)
  await demonstrate(at, flags)
  for (const arm of arms) await imitate(arm, at, flags)
  for (const arm of arms) await practise(arm, at, flags)
  if (flags.untouched) {
    for (const arm of arms) {
      await evaluate(flags.model, arm, at('evaluation', `${arm}-untouched`), at)
    }
  }
  const report = flags.report ?? at('results.md')
  writeFileSync(report, resultsText(readResults(flags.run, flags), flags.note))
  process.stderr.write(`${report}\n`)
}

type Place = (...names: string[]) => string

/** By rules with code; by text alone for exactly the problems of those. */
async function demonstrate(at: Place, { demonstrations, data }: Flags): Promise<void> {
  mkdirSync(at('demonstrations'), { recursive: true })
  const tools = at('demonstrations', 'tools.jsonl')
  if (!existsSync(tools)) {
    const limit = ['--limit', String(demonstrations)]
    const apart = ['--against', at('problems', 'test')]
    await retool('cold-start', at('problems', 'train.jsonl'), '--output', tools, ...limit, ...apart)
  }
  await problemsToPractise(data, tools, at('problems'))
  const text = at('demonstrations', 'text.jsonl')
  if (existsSync(text)) return
  const same = ['--no-tools', '--similarity', '1']
  await retool('cold-start', at('problems', 'demonstrated.jsonl'), '--output', text, ...same)
}

async function imitate(arm: Arm, at: Place, flags: Flags): Promise<void> {
  const folder = at('sft', arm)
  await trainedModel(folder, [
    'sft',
    packageFile('recipes/gsm8k/sft.yaml'),
    ...set({
      'model.reference': flags.model,
      demonstrations: at('demonstrations', `${arm}.jsonl`),
      tools: arm === 'tools' ? '[interpreter]' : '[]',
      epochs: flags.epochs,
    }),
  ])
  await evaluate(join(folder, 'model'), arm, at('evaluation', `${arm}-cold-start`), at)
}

async function practise(arm: Arm, at: Place, flags: Flags): Promise<void> {
  const folder = at('rl', arm)
  await trainedModel(folder, [
    'train',
    packageFile('recipes/gsm8k/train.yaml'),
    ...set({
      'model.reference': at('sft', arm, 'model'),
      problems: JSON.stringify([{ from: at('problems', 'practice.jsonl') }]),
      tools: arm === 'tools' ? '[interpreter]' : '[]',
      steps: flags.steps,
      'rollout.problemsPerStep': flags.problemsPerStep,
      'rollout.groupSize': flags.groupSize,
    }),
  ])
  await evaluate(join(folder, 'model'), arm, at('evaluation', `${arm}-rl`), at)
}

function set(values: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(values).flatMap(([key, value]) => ['--set', `${key}=${value}`])
}

/** Runs a training command unless its model is there. */
async function trainedModel(folder: string, words: readonly string[]): Promise<void> {
  if (existsSync(join(folder, 'model', 'config.json'))) return
  await retool(...words, '--run', folder, ...(existsSync(folder) ? ['--resume'] : []))
}

/** Greedy, one attempt a problem: more problems say more than more attempts. */
async function evaluate(model: string, arm: Arm, folder: string, at: Place): Promise<void> {
  if (existsSync(join(folder, 'report.json'))) return
  await retool(
    ...['evaluate', model, at('problems', 'test'), '--run', folder],
    ...(existsSync(folder) ? ['--resume'] : []),
    ...(arm === 'text' ? ['--no-tools'] : []),
    ...['--attempts', '1', '--temperature', '0', '--turns', '4', '--concurrency', '32'],
    ...['--turn-tokens', '192', '--trajectory-tokens', '1024'],
  )
}

/** One `retool-rl` command in a process of its own; what it prints goes to standard error. */
async function retool(...words: string[]): Promise<void> {
  process.stderr.write(`\nretool-rl ${words.join(' ')}\n`)
  const child = spawn(process.execPath, [packageFile('bin/retool-rl.mjs'), ...words], {
    stdio: ['ignore', process.stderr, process.stderr],
  })
  const code = await new Promise((resolve, reject) =>
    child.on('close', resolve).on('error', reject),
  )
  if (code === 0) return
  process.stderr.write('stopped; the same command goes on from here\n')
  process.exit(1)
}
