// `retool-rl evaluate`: a model against a problem set; `compare`: two such runs, paired.

import { type Command, Option } from 'commander'
import type { EvaluateFlags } from './evaluate/flags.ts'
import { withExamples } from './example.ts'
import { withSourceFlags } from './source-flags.ts'
import { numberBetween, wholeNumber } from './whole-number.ts'

const modelHelp = `
MODEL is a Hugging Face folder, a GGUF file, a Hub name, an alias, a run folder of train or
sft, or one of its checkpoints; with --server, the name of a model there.`

/** Adds `evaluate` with its subcommand `compare`. */
export function addEvaluateCommand(program: Command): void {
  const evaluate = program
    .command('evaluate')
    .description('accuracy with intervals and behaviour of a model on a problem set')
  addRun(evaluate)
  const compare = evaluate
    .command('compare <first> <second>')
    .description('two evaluations of the same problems: the difference with its interval')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nFIRST and SECOND are run folders or the JSON reports in them.')
    .action(async (first: string, second: string, flags: { readonly json?: true }) => {
      const { runCompare } = await import('./evaluate/run-compare.ts')
      await runCompare(first, second, flags.json ?? false)
    })
  withExamples(compare, 'retool-rl evaluate compare runs/before runs/after')
  evaluate.addHelpText(
    'after',
    '\nretool-rl evaluate run --help lists the options; "run" may be left out.',
  )
  withExamples(evaluate, 'retool-rl evaluate smollm2-135m-instruct gym:products,gcd --size 40')
}

function addRun(evaluate: Command): void {
  const command = evaluate
    .command('run <model> <source>', { isDefault: true })
    .description('attempt every problem and report')
    .addHelpText('after', modelHelp)
    .option('--run <folder>', 'run folder (runs/evaluate-TIME)')
    .option('--resume', 'go on with the attempts that the run folder lacks')
    .option('--paper', "the paper's way with AIME: 32 attempts, temperature 1, top-p 0.7")
    .option('--attempts <n>', 'attempts at each problem (4)', wholeNumber(1))
    .option('--temperature <t>', '0 is greedy (1)', numberBetween(0, 10))
    .option(
      '--top-p <p>',
      'smallest set of tokens with this probability (0.7)',
      numberBetween(0, 1),
    )
    .option('--no-tools', 'without the interpreter')
    .option('--limit <n>', 'only the first problems', wholeNumber(1))
    .option('--seed <n>', 'seed of all attempts', wholeNumber(0), 0)
    .option('--turns <n>', 'most turns', wholeNumber(1), 10)
    .option('--turn-tokens <n>', 'most tokens of a turn', wholeNumber(1), 4_096)
    .option('--trajectory-tokens <n>', 'most tokens in all', wholeNumber(1), 16_384)
    .option('--concurrency <n>', 'attempts in flight', wholeNumber(1), 64)
    .option('--dtype <type>', 'float32 or bfloat16; as stored by default')
    .option('--template <name>', 'a built-in chat template or a file with one')
    .option('--adapter <folder>', "low-rank adapter beside the model, as Python's peft writes it")
    .option('--json', 'print the report as JSON')
    .action(async (model: string, source: string, flags: EvaluateFlags) => {
      const { runEvaluate } = await import('./evaluate/run-evaluate.ts')
      await runEvaluate(model, source, flags)
    })
  withServerFlags(command)
  withSourceFlags(command)
  withExamples(
    command,
    'retool-rl evaluate smollm2-135m-instruct gym:products,gcd --size 40 --attempts 2',
    'retool-rl evaluate Qwen/Qwen2.5-7B-Instruct aime24.jsonl --paper',
    'retool-rl evaluate runs/tiny/checkpoints/step-000004 gsm8k/test.jsonl --no-tools',
    'retool-rl evaluate big gsm8k/test.jsonl --server http://127.0.0.1:8000 --calls tools',
  )
}

function withServerFlags(command: Command): void {
  command
    .option(
      '--server <url>',
      'MODEL is the name of a model on this OpenAI-compatible server (RETOOL_SERVER_KEY is its key)',
    )
    .addOption(
      new Option(
        '--calls <how>',
        "on a server: ReTool's tags as text (text), or its tool calls",
      ).choices(['text', 'tools']),
    )
    .option(
      '--tokenizer <folder>',
      "on a server: the model's tokenizer; then the paper's protocol over text completions",
    )
}
