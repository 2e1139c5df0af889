// An error and its correction, put in front of a script's last snippet: the interpreter's message
// is real, since the broken snippet runs like any other.

import type { RandomStream } from '../base/random.ts'
import type { Script, ScriptStep } from './script.ts'
import { pick } from './wording.ts'

interface Mistake {
  readonly code: string
  readonly correction: readonly string[]
}

/**
 * The script with its last step tried in a broken form first: an import forgotten, a name
 * misspelled, a bracket left open. The same script where none of these fits.
 */
export function withCorrection(script: Script, stream: RandomStream): Script {
  const last = script.steps.at(-1)
  if (!last) return script
  const possible = mistakes.flatMap((mistake) => mistake(last.code) ?? [])
  if (possible.length === 0) return script
  const mistake = pick(stream, possible)
  const broken: ScriptStep = { thought: last.thought, code: mistake.code, expected: 'error' }
  const mended: ScriptStep = { ...last, thought: pick(stream, mistake.correction) }
  return {
    steps: [...script.steps.slice(0, -1), broken, mended],
    // The broken output is no result; the closing sees what it would have seen without it.
    close: (outputs) => script.close([...outputs.slice(0, -2), ...outputs.slice(-1)]),
  }
}

const mistakes: readonly ((code: string) => Mistake | undefined)[] = [
  forgottenImport,
  misspelledName,
  openBracket,
]

function forgottenImport(code: string): Mistake | undefined {
  const without = code.replace(/^(?:import|from) .*\n/, '')
  if (without === code) return undefined
  return {
    code: without,
    correction: [
      'The import is missing. I add it and run the script again.',
      'I forgot the import. Here is the complete script.',
    ],
  }
}

function misspelledName(code: string): Mistake | undefined {
  const name = /\nprint\(([a-z_]{4,})\)$/.exec(code)?.[1]
  if (!name) return undefined
  const wrong = name.slice(0, -2) + name.slice(-1)
  return {
    code: code.replace(/print\([a-z_]+\)$/, `print(${wrong})`),
    correction: [
      `The name ${wrong} is misspelled; it should be ${name}.`,
      `${wrong} does not exist. I print ${name} instead.`,
    ],
  }
}

function openBracket(code: string): Mistake | undefined {
  if (!code.endsWith(')')) return undefined
  return {
    code: code.slice(0, -1),
    correction: [
      'A closing bracket is missing. I correct that.',
      'There is a syntax error: the last bracket was not closed.',
    ],
  }
}
