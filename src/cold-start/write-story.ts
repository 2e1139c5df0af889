// Demonstrations of story problems: the formula over the drawn quantities becomes code.

import type { RandomStream } from '../base/random.ts'
import type { Problem } from '../data/problem.ts'
import type { Written } from './script.ts'
import { leadIn, pick, quoteOutput } from './wording.ts'

const operatorWords: Readonly<Record<string, string>> = {
  '*': 'times',
  '+': 'plus',
  '-': 'minus',
  '//': 'divided by',
}

/** A script for a problem whose metadata holds `formula` and `quantities`. */
export function writeStory(problem: Problem, stream: RandomStream): Written {
  const formula = problem.metadata?.['formula']
  const quantities = problem.metadata?.['quantities']
  if (typeof formula !== 'string' || typeof quantities !== 'object' || quantities === null) {
    return { kind: 'refused', reason: 'no formula in the metadata' }
  }
  const snake = (text: string) => text.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
  const values = Object.entries(quantities).map(([name, value]) => ({
    name: snake(name),
    value: Number(value),
  }))
  const code = codeOf(snake(formula), values, stream)
  const words = snake(formula)
    .replace(/\/\/|[*+-]/g, (operator) => operatorWords[operator] ?? operator)
    .replaceAll('_', ' ')
  const plan = pick(stream, [
    '',
    `We need ${words}.`,
    `The answer is ${words}.`,
    `First I note the quantities, then I compute ${words}.`,
    `From the text I take ${values.map(({ value }) => value).join(', ')}.`,
    `Here ${values.map(({ name, value }) => `${name.replaceAll('_', ' ')} = ${value}`).join(', ')}.`,
  ])
  return {
    kind: 'script',
    script: {
      steps: [{ thought: leadIn(stream, plan), code, expected: 'ok' }],
      close: quoteOutput(stream),
    },
  }
}

interface NamedValue {
  readonly name: string
  readonly value: number
}

function codeOf(formula: string, values: readonly NamedValue[], stream: RandomStream): string {
  const inline = values.reduce(
    (text, { name, value }) => text.replace(new RegExp(`\\b${name}\\b`), String(value)),
    formula,
  )
  const assignments = values.map(({ name, value }) => `${name} = ${value}`)
  const result = pick(stream, ['result', 'answer', 'total', 'left'])
  return pick(stream, [
    () => [...assignments, `print(${formula})`],
    () => [...assignments, `${result} = ${formula}`, `print(${result})`],
    () => [`print(${inline})`],
    () => [`${result} = ${inline}`, `print(${result})`],
    () => inSteps(formula, assignments, result),
  ])().join('\n')
}

/** The formula with its products first, each under a name of its own. */
function inSteps(formula: string, assignments: readonly string[], result: string): string[] {
  const parts: string[] = []
  const rest = formula.replace(/\w+(?: (?:\*|\/\/) \w+)+/g, (product) => {
    const name = parts.length === 0 ? 'first_part' : 'second_part'
    parts.push(`${name} = ${product}`)
    return name
  })
  return [...assignments, ...parts, `${result} = ${rest}`, `print(${result})`]
}
