// Longer than a test: compares how we render a model's own chat template with Python's rendering.
//
//   RETOOL_REFERENCE_PYTHON=/path/to/python npx tsx test/nightly/template.ts FOLDER|NAME ...
//
// FOLDER is a Hugging Face folder, NAME a built-in template.

import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type ChatMessage,
  chatTemplateOf,
  namedTemplate,
  renderTemplate,
} from '../../src/tokenizer/chat-template.ts'
import { loadTokenizer } from '../../src/tokenizer/load-tokenizer.ts'

interface Expected {
  readonly conversations: Record<
    string,
    { messages: ChatMessage[]; variables: { tools?: unknown[] } & Record<string, unknown> }
  >
  readonly templates: Record<
    string,
    { conversation: string; addGenerationPrompt: boolean; text?: string; error?: string }[]
  >
}

const python = process.env['RETOOL_REFERENCE_PYTHON'] ?? 'python3'
const program = join(import.meta.dirname, '../reference', 'make_templates.py')
for (const model of process.argv.slice(2)) {
  const template = existsSync(model) ? chatTemplateOf(loadTokenizer(model)) : namedTemplate(model)
  const different = differences(template, expectedOf(template))
  console.log(`${model}: ${different.length} conversations differ`)
  for (const line of different.slice(0, 5)) console.log(line)
  if (different.length > 0) process.exitCode = 1
}

function expectedOf(template: string): Expected {
  const folder = mkdtempSync(join(tmpdir(), 'template-'))
  try {
    const file = join(folder, 'template.jinja')
    writeFileSync(file, template)
    return JSON.parse(execFileSync(python, [program, file], { encoding: 'utf8' }))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Conversations whose text differs, or that only one side refuses. */
function differences(template: string, expected: Expected): string[] {
  return Object.values(expected.templates)
    .flat()
    .flatMap(({ conversation, addGenerationPrompt, text }) => {
      const { messages = [], variables } = expected.conversations[conversation] ?? {}
      const { tools, ...rest } = variables ?? {}
      const found = attempt(() =>
        renderTemplate(template, messages, {
          addGenerationPrompt,
          bosToken: '<bos>',
          eosToken: '<eos>',
          variables: rest,
          ...(tools ? { tools } : {}),
        }),
      )
      if (found.text === text) return []
      return [`${conversation}: ${JSON.stringify(found)} instead of ${JSON.stringify(text)}`]
    })
}

function attempt(render: () => string): { text?: string; error?: string } {
  try {
    return { text: render() }
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) }
  }
}
