// `retool-rl cold-start SOURCE`: problems in, verified demonstrations with really executed code out.

import type { Command } from 'commander'
import type { ColdStartFlags } from './cold-start/flags.ts'
import { withExamples } from './example.ts'
import { withSourceFlags } from './source-flags.ts'
import { numberBetween, wholeNumber } from './whole-number.ts'

const share = numberBetween(0, 1)

/** Adds `cold-start`. */
export function addColdStartCommand(program: Command): void {
  const command = program
    .command('cold-start <source>')
    .description('verified demonstrations from problems, by rules or by a teacher')
    .requiredOption('--output <file>', 'where the demonstrations go, one JSON object a line')
    .option('--seed <n>', 'decides wording and choice', wholeNumber(0), 0)
    .option('--limit <n>', 'end after so many demonstrations', wholeNumber(1))
    .option('--no-tools', 'demonstrations by text alone, for the comparison without tools')
    .option('--without-code <share>', 'share that answers by text alone', share, 0)
    .option('--corrections <share>', 'share that keeps an error and its correction', share, 0.1)
    .option('--json', 'print the report as JSON')
    .action(async (source: string, flags: ColdStartFlags) => {
      const { runColdStart } = await import('./cold-start/run-cold-start.ts')
      await runColdStart(source, flags)
    })
  addFilterFlags(command)
  addTeacherFlags(command)
  addExportFlags(command)
  withSourceFlags(command)
  withExamples(
    command,
    'retool-rl cold-start gsm8k/train.jsonl --output gsm8k.jsonl --against gsm8k/test.jsonl',
    'retool-rl cold-start math.parquet --output math.jsonl --teacher http://127.0.0.1:8000/v1 --model big',
    'retool-rl cold-start math.parquet --output math.jsonl --teacher Qwen/Qwen2.5-7B-Instruct',
  )
}

function addFilterFlags(command: Command): void {
  command
    .option(
      '--against <source>',
      'leave out questions that overlap with this evaluation set (repeat for several)',
      (spec: string, earlier: readonly string[]) => [...earlier, spec],
      [] as readonly string[],
    )
    .option(
      '--similarity <share>',
      'leave out questions as similar as this; 1 keeps all',
      share,
      0.8,
    )
    .option('--pass-rates <file>', 'JSON report of an evaluation: choose by difficulty')
    .option('--lowest <share>', 'lowest pass rate that is kept', share, 0.05)
    .option('--highest <share>', 'highest pass rate that is kept', share, 0.95)
    .option('--per-source <n>', 'most demonstrations of one source', wholeNumber(1))
    .option('--per-length <n>', 'most of one length of code (2, 5, 10, more lines)', wholeNumber(1))
    .option('--per-difficulty <n>', 'most of one quarter of the pass rate', wholeNumber(1))
}

function addTeacherFlags(command: Command): void {
  const price = numberBetween(0, 1_000_000)
  command
    .option(
      '--teacher <url or model>',
      'what writes: an OpenAI-compatible server (RETOOL_TEACHER_KEY is its key), or a model here',
    )
    .option('--model <name>', "the model's name on the teacher's server")
    .option('--teacher-tokens <n>', 'most tokens of one reply (4096)', wholeNumber(1))
    .option('--temperature <t>', "the teacher's; 0, the default, is greedy", numberBetween(0, 10))
    .option('--concurrency <n>', 'problems in work at once', wholeNumber(1), 16)
    .option('--requests-per-minute <n>', 'most requests to the teacher a minute', wholeNumber(1))
    .option('--prompt-price <dollars>', 'per million tokens', price)
    .option('--completion-price <dollars>', 'per million tokens', price)
    .option('--cost-limit <dollars>', 'end before more than this is spent', price)
}

function addExportFlags(command: Command): void {
  command
    .option('--sft <file>', 'also write the released ReTool-SFT shape (JSON lines)')
    .option('--openai <file>', 'also write OpenAI messages with tool calls (JSON lines)')
    .option('--parquet <file>', 'also write Parquet with a messages column')
}
