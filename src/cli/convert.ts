// `retool-rl convert`: a model from any form that is read to a Hugging Face folder or a GGUF file.

import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { withExamples } from './example.ts'

type Options = {
  readonly type?: string
  readonly adapter?: string
  readonly json?: boolean
}

export function addConvert(program: Command): void {
  const command = program
    .command('convert <model> <out>')
    .description(
      'write a model as a Hugging Face folder, or as a GGUF file where OUT ends in .gguf',
    )
    .option(
      '--type <type>',
      'how weights are stored: float32, bfloat16, float16, or q8_0 (GGUF only); by default as they are',
    )
    .option(
      '--adapter <folder>',
      "merge this low-rank adapter (as Python's peft writes it) into the model",
    )
    .option('--json', 'print what was written as JSON')
    .action(convert)
  withExamples(
    command,
    'retool-rl convert Qwen/Qwen2.5-0.5B-Instruct qwen.gguf --type q8_0',
    'retool-rl convert smollm2-135m-instruct ./smollm2',
    'retool-rl convert smollm2-135m-instruct ./merged --adapter runs/first/model',
  )
}

async function convert(model: string, out: string, options: Options): Promise<void> {
  const { openPretrained } = await import('../pretrained/pretrained.ts')
  const { convertModel, parseStorageType } = await import('../pretrained/save-model.ts')
  const { downloadProgress } = await import('./download-progress.ts')
  const type = options.type === undefined ? undefined : parseStorageType(options.type)
  using progress = downloadProgress()
  const source = await openPretrained(model, {
    onProgress: progress.onProgress,
    ...(options.adapter !== undefined && { adapter: options.adapter }),
  })
  const stored = type ?? source.config.dtype
  convertModel(source, out, stored)
  const written = { model: source.path, out, type: stored, bytes: sizeOf(out) }
  process.stdout.write(
    options.json
      ? `${JSON.stringify(written)}\n`
      : `${out}: ${stored}, ${(written.bytes / 1e6).toFixed(1)} MB\n`,
  )
}

function sizeOf(path: string): number {
  const found = statSync(path)
  if (!found.isDirectory()) return found.size
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0)
}
