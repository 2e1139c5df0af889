// `retool-rl serve`: an OpenAI-compatible server in front of a model, until Ctrl-C.

import { basename } from 'node:path'
import { type Command, Option } from 'commander'
import { UserError } from '../base/errors.ts'
import type { Device } from '../tensor/tensor.ts'
import { withExamples } from './example.ts'
import { wholeNumber } from './whole-number.ts'

interface Options {
  readonly model: string
  readonly adapter?: string
  readonly name?: string
  readonly host: string
  readonly port: number
  readonly apiKey?: string
  readonly interpreter?: true
  readonly template?: string
  readonly dtype?: 'float32' | 'bfloat16'
  readonly device: string
  readonly cacheTokens: number
  readonly maxBatch: number
}

export function addServe(program: Command): void {
  const command = program
    .command('serve')
    .description('answer the OpenAI interface: chat and completions, with streams and tools')
    .requiredOption('--model <model>', 'a folder, a GGUF file, a Hub name or an alias')
    .option('--adapter <folder>', "low-rank adapter beside the model, as Python's peft writes it")
    .option('--name <name>', 'name that clients give; that of the model by default')
    .option('--interpreter', 'run the code that the model writes, and stream the whole trajectory')
    .option(
      '--host <address>',
      'address to serve on; one that others reach needs --api-key',
      '127.0.0.1',
    )
    .option('--port <number>', 'port; 0 takes a free one', wholeNumber(0), 8000)
    .addOption(new Option('--api-key <key>', 'key that clients must send').env('RETOOL_API_KEY'))
    .option('--template <template>', 'chat template: a built-in name or a file')
    .addOption(
      new Option('--dtype <dtype>', 'what it computes in').choices(['float32', 'bfloat16']),
    )
    .option('--device <device>', 'cpu, cuda, cuda:1, ...', 'cpu')
    .option(
      '--cache-tokens <number>',
      'tokens that the cache holds, all requests together',
      wholeNumber(16),
      65_536,
    )
    .option('--max-batch <number>', 'most sequences written at a time', wholeNumber(1), 128)
    .action((options: Options) => run(options))
  withExamples(
    command,
    'retool-rl serve --model smollm2-135m-instruct',
    'retool-rl serve --model runs/tiny/checkpoints/last --interpreter --port 8080',
  )
}

async function run(options: Options): Promise<void> {
  if (options.apiKey === undefined && !isLocal(options.host)) {
    throw new UserError(`--host ${options.host} is reached by others: give an --api-key`, 2)
  }
  const { port, cacheTokens, maxBatch } = options
  const { openPolicy } = await import('../policy/open-policy.ts')
  const { startServer } = await import('../serve/server.ts')
  using policy = await openPolicy(options.model, {
    device: deviceOf(options.device),
    cacheTokens,
    maxBatch,
    ...(options.dtype && { dtype: options.dtype }),
    ...(options.template !== undefined && { template: options.template }),
    ...(options.adapter !== undefined && { adapter: options.adapter }),
  })
  const sandbox = options.interpreter ? await openInterpreter() : undefined
  try {
    const server = await startServer(
      { ...(await servedModel(policy, options)), ...(sandbox && { interpreter: sandbox.tool }) },
      { host: options.host, port, ...(options.apiKey !== undefined && { apiKey: options.apiKey }) },
    )
    process.stdout.write(`${server.url}/v1\n`)
    await new Promise<void>((stop) => process.once('SIGINT', stop).once('SIGTERM', stop))
    await server.close()
  } finally {
    await sandbox?.close()
  }
}

async function servedModel(
  policy: Awaited<ReturnType<typeof import('../policy/open-policy.ts').openPolicy>>,
  options: Options,
) {
  const { IncrementalDecoder } = await import('../tokenizer/incremental-decoder.ts')
  const { engine, tokenizer, template, stopTokens } = policy
  return {
    name: options.name ?? basename(options.model),
    policy: engine,
    codec: tokenizer,
    template,
    stopTokens,
    makeDecoder: () => new IncrementalDecoder(tokenizer.vocabulary),
  }
}

async function openInterpreter() {
  const { createSandbox } = await import('../sandbox/create-sandbox.ts')
  const { interpreter } = await import('../tool/interpreter.ts')
  const sandbox = await createSandbox()
  return { tool: interpreter(sandbox), close: () => sandbox.close() }
}

function deviceOf(text: string): Device {
  const index = /^cuda:(\d+)$/.exec(text)?.[1]
  if (index !== undefined) return `cuda:${Number(index)}`
  if (text === 'cpu' || text === 'cuda') return text
  throw new UserError(`--device: expected cpu, cuda or cuda:NUMBER, found ${text}`, 2)
}

function isLocal(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.')
}
