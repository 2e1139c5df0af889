// Runs a code block as a reader would, with a tiny random model in the place of a real one.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type CodeBlock, root } from './code-blocks.ts'

/** Writes blocks into `folder` as the modules of their pages; the tiny model lies in `model`. */
export function writeModules(blocks: readonly CodeBlock[], folder: string, model: string): void {
  for (const block of blocks) {
    const file = moduleOf(block, folder)
    mkdirSync(join(file, '..'), { recursive: true })
    writeFileSync(file, small(block.text, model))
  }
}

/** Runs the block and gives its file and its exports. */
export async function runModule(
  block: CodeBlock,
  folder: string,
): Promise<{ readonly file: string; readonly exported: object }> {
  const file = moduleOf(block, folder)
  return { file, exported: await import(pathToFileURL(file).href) }
}

function moduleOf({ page, name }: CodeBlock, folder: string): string {
  return join(folder, page.replaceAll(/\W/g, '-'), name)
}

/** The same program on a small scale; packages are those of the project, wherever it lies. */
function small(text: string, model: string): string {
  return text
    .replace(/'smollm2-135m-instruct'/g, JSON.stringify(model))
    .replace(/\bsteps: \d+/g, 'steps: 1')
    .replace(/\bmaxCompletionLength: \d+/g, 'maxCompletionLength: 16')
    .replace(/from '([a-z][\w-]*)'/g, (_, name: string) => `from '${packageUrl(name)}'`)
}

function packageUrl(name: string): string {
  return name === 'retool-rl'
    ? pathToFileURL(join(root, 'src/index.ts')).href
    : import.meta.resolve(name)
}
