// Demonstrations from worked solutions: the calculation becomes a program, or one snippet a line.

import type { RandomStream } from '../base/random.ts'
import type { Problem } from '../data/problem.ts'
import type { Calculation, ReadCalculation } from './calculation.ts'
import { expressionTokens, spelled } from './calculation.ts'
import { handComputed } from './hand-computed.ts'
import { distinctNames } from './python-name.ts'
import type { Closing, Script, Written } from './script.ts'
import { leadIn, pick, quoteOutput } from './wording.ts'

/** A writer for problems whose solutions `read` understands. */
export function writeCalculation(
  read: (problem: Problem) => ReadCalculation,
): (problem: Problem, stream: RandomStream) => Written {
  return (problem, stream) => {
    const found = read(problem)
    if (found.kind === 'unreadable') return { kind: 'refused', reason: found.reason }
    const { calculation } = found
    const stepwise = stream.uniform() < stepwiseShare && asSteps(problem, calculation, stream)
    return { kind: 'script', script: stepwise || asProgram(calculation, stream) }
  }
}

/** How often a solution of several lines is told line by line, where it can be. */
const stepwiseShare = 0.4
const mostSteps = 4

/** One complete program with a name for every result. */
function asProgram(calculation: Calculation, stream: RandomStream): Script {
  const { steps } = calculation
  const names = distinctNames(steps.map(({ name }) => name))
  const lines = steps.map(({ expression }, index) => {
    const value = withNames(expression, calculation, names.slice(0, index))
    return { name: names[index] ?? '', value }
  })
  const last = lines.at(-1)
  const isSingle = lines.length === 1 && last && stream.uniform() < 0.5
  const program = isSingle
    ? [`print(${last.value})`]
    : [...lines.map(({ name, value }) => `${name} = ${value}`), `print(${last?.name})`]
  const imports = program.some((line) => line.includes('math.')) ? ['import math'] : []
  return {
    steps: [
      {
        thought: leadIn(stream, planOf(names, stream)),
        code: [...imports, ...program].join('\n'),
        expected: 'ok',
      },
    ],
    close: closing(calculation, stream),
  }
}

/** The solution's sentences with a snippet each, or null where they say results by themselves. */
function asSteps(problem: Problem, calculation: Calculation, stream: RandomStream): Script | null {
  const { steps } = calculation
  if (steps.length < 2 || steps.length > mostSteps) return null
  const results = steps.map(({ result }) => result)
  const tellsAhead = steps.some(({ sentence, expression }, index) => {
    const known = [problem.question, ...results.slice(0, index).map(String)]
    return sentence === '' || handComputed(`${sentence} ${expression}`, known).length > 0
  })
  if (tellsAhead) return null
  return {
    steps: steps.map(({ sentence, expression }) => ({
      thought: sentence,
      code: `print(${spelled(expressionTokens(expression) ?? [expression])})`,
      expected: 'ok',
    })),
    close: closing(calculation, stream),
  }
}

/**
 * The expression with earlier results under their names; the latest result of a value counts, and
 * only once: in 60 / 60, one is the minutes of an hour.
 */
function withNames(expression: string, { steps }: Calculation, names: readonly string[]): string {
  const tokens = expressionTokens(expression)
  if (tokens === null) return expression
  const used = new Set<number>()
  const replaced = withoutOuterBrackets(tokens).map((token) => {
    if (!/^[\d.]/.test(token)) return token
    const index = names.findLastIndex((_, i) => steps[i]?.result === Number(token) && !used.has(i))
    used.add(index)
    return names[index] ?? token
  })
  return spelled(replaced)
}

/** `( 290 / 2 )` without the brackets around all of it. */
function withoutOuterBrackets(tokens: readonly string[]): readonly string[] {
  const inner = tokens.slice(1, -1)
  if (tokens[0] !== '(' || tokens.at(-1) !== ')') return tokens
  let depth = 0
  for (const token of inner) {
    if (token === '(') depth++
    if (token === ')' && --depth < 0) return tokens
  }
  return inner
}

function planOf(names: readonly string[], stream: RandomStream): string {
  const words = names.map((name) => name.replaceAll('_', ' ')).filter((name) => !/^step/.test(name))
  const last = words.at(-1)
  if (last === undefined || words.length !== names.length) return ''
  if (words.some((word) => /\d/.test(word))) return ''
  if (words.length === 1)
    return pick(stream, ['', `We need the ${last}.`, `I look for the ${last}.`])
  return pick(stream, [
    '',
    `First I find the ${words[0]}, in the end the ${last}.`,
    `I need the ${words.slice(0, -1).join(', the ')} and then the ${last}.`,
  ])
}

/** The solution's own last sentence with what was printed, or a general one. */
function closing({ ending }: Calculation, stream: RandomStream): Script['close'] {
  const general = quoteOutput(stream)
  const useOwn = ending !== '' && stream.uniform() < 0.7
  return (outputs): Closing | null => {
    const whole = outputs.map(withoutTrailingZero)
    const closed = general(whole)
    if (!closed || !useOwn) return closed
    return { thought: ending.replace('{result}', closed.answer), answer: closed.answer }
  }
}

/** Python's division gives 72.0 where people say 72, and sums of decimals miss by 10^-16. */
function withoutTrailingZero(output: string): string {
  const text = output.trim()
  if (!/^-?\d+\.\d+$/.test(text)) return text
  return String(Number(Number(text).toFixed(6)))
}
