// `retool-rl chat`: talk to a model, with the interpreter at its hand where wanted.

import { type Command, Option } from 'commander'
import {
  type ChatOptions,
  defaultModel,
  deviceName,
  integerIn,
  numberIn,
} from './chat/chat-options.ts'
import { withExamples } from './example.ts'

export function addChat(program: Command): void {
  const command = program
    .command('chat')
    .description('talk to a model; with --tools it runs the code that it writes in the sandbox')
    .option('-m, --model <model>', 'folder, GGUF file, Hub name or alias', defaultModel)
    .option('--adapter <folder>', "low-rank adapter beside the model, as Python's peft writes it")
    .option('-p, --prompt <text>', 'answer this once and end')
    .option('--system <text>', 'what the model is told before the first question')
    .option('--tools', "the interpreter, by ReTool's protocol", false)
    .option('--no-tools', 'talk alone (the default)')
    .option('--template <name>', 'chat template: a built-in name or a file, for models without one')
    .addOption(
      new Option('--dtype <type>', 'numbers to compute with; by default as stored').choices([
        'float32',
        'bfloat16',
        'float16',
      ]),
    )
    .option('--device <device>', 'cpu (the default), cuda or cuda:N', deviceName)
    .option('--threads <count>', 'threads on the CPU', integerIn(1, 4096))
    .option('--context <tokens>', 'longest conversation (8192)', integerIn(16))
    .option('--json', 'with --prompt: print the answer as JSON')
  addSampling(command).action(async (options: ChatOptions) => {
    const { UserError } = await import('../base/errors.ts')
    if (options.json && options.prompt === undefined) {
      throw new UserError('--json needs --prompt: a conversation has no end to print', 2)
    }
    const { runChat } = await import('./chat/run-chat.ts')
    await runChat(options)
  })
  withExamples(
    command,
    'retool-rl chat',
    'retool-rl chat --prompt "What is the capital of France?" --temperature 0',
    'retool-rl chat --model runs/first/model --tools',
  )
}

function addSampling(command: Command): Command {
  return command
    .option('--temperature <number>', "0 is greedy; by default the model's own", numberIn(0, 100))
    .option('--top-p <share>', 'keep the likeliest tokens up to this probability', numberIn(0, 1))
    .option('--top-k <count>', 'keep so many of the likeliest tokens; 0 keeps all', integerIn(0))
    .option('--min-p <share>', 'keep tokens at least this likely beside the first', numberIn(0, 1))
    .option('--seed <number>', 'the same seed gives the same answers', integerIn(0, 2 ** 32 - 1))
    .option('--max-tokens <count>', 'most tokens of one turn', integerIn(1), 1024)
}
