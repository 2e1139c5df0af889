// GSM8K's worked solutions: calculator marks such as `<<48/2=24>>` in running text.

import type { Problem } from '../data/problem.ts'
import type { CalculationStep, ReadCalculation } from './calculation.ts'
import { expressionTokens } from './calculation.ts'
import { handComputed } from './hand-computed.ts'
import { pythonName } from './python-name.ts'

const mark = /<<([^<>]*)=([^<>=]*)>>/

/**
 * The marks of a solution, one step each, named by the words that follow the result. Where they do
 * not lead to the answer, or compute with values that nobody gave, calculations that were written
 * without a mark count too.
 */
export function readMarks(problem: Problem): ReadCalculation {
  const solution = problem.solution?.replace(/\n?####[^\n]*\s*$/, '')
  if (!solution) return { kind: 'unreadable', reason: 'no worked solution' }
  const marked = stepsOf(solution)
  if (leadsToAnswer(marked, problem) && isExplained(marked, problem)) return marked
  const completed = stepsOf(withAllMarks(solution))
  if (!leadsToAnswer(completed, problem)) return marked
  return isExplained(completed, problem) || !leadsToAnswer(marked, problem) ? completed : marked
}

function leadsToAnswer(found: ReadCalculation, { answer }: Problem): boolean {
  return found.kind === 'calculation' && found.calculation.steps.at(-1)?.result === numberOf(answer)
}

/** Whether every number is in the question or came out of an earlier step. */
function isExplained(found: ReadCalculation, { question }: Problem): boolean {
  if (found.kind === 'unreadable') return false
  const { steps } = found.calculation
  return steps.every(({ expression }, index) => {
    const earlier = steps.slice(0, index).map(({ result }) => String(result))
    return handComputed(expression, [question, ...earlier]).length === 0
  })
}

function stepsOf(solution: string): ReadCalculation {
  const steps: CalculationStep[] = []
  let ending = ''
  for (const line of solution.split('\n')) {
    const parts = line.split(/(<<[^<>]*>>)/)
    for (let index = 1; index < parts.length; index += 2) {
      const [, expression = '', result = ''] = mark.exec(parts[index] ?? '') ?? []
      if (expressionTokens(expression) === null) {
        return { kind: 'unreadable', reason: 'a mark that is no arithmetic' }
      }
      // `<<14=14>>` calculates nothing.
      if (numberOf(expression) !== null) continue
      steps.push({
        expression,
        result: numberOf(result),
        name: pythonName((parts[index + 1] ?? '').replace(/^[\s$]*[\d.,]*/, '')),
        sentence: parts.length === 3 ? sentenceOf(line) : '',
      })
    }
    if (parts.length === 3) ending = endingOf(line)
    else if (parts.length > 1) ending = ''
  }
  if (steps.length === 0) return { kind: 'unreadable', reason: 'no calculator marks' }
  return { kind: 'calculation', calculation: { steps, ending } }
}

const number = String.raw`\$?(?:\d[\d,]*(?:\.\d+)?|\.\d+)%?`
const word = String.raw`(?!x\b)[a-zA-Z][a-zA-Z/'’]*`
/** Up to three words after a number, `x` being a sign: `14 pieces/house`, `7kg`. */
const unit = `(?:[ ]?${word}(?:[ ]${word}){0,2})?`
const operand = `[ (]*${number}${unit}[ )]*`
const unmarked = new RegExp(
  String.raw`(?<![\d.,*/+\-x×=(%][ ]*)(${operand}(?:[-+*/x×÷]${operand})+)=[ ]*(\$?)(\d[\d,]*(?:\.\d+)?)`,
  'g',
)

/** `500*5= <<2500=2500>>2500`: the calculation stands before the mark. */
const bareMark = /<<([\d.,]+)=\1>>/g

/** "80-26=54 more" -> "80-26 = <<80-26=54>>54 more". */
function withAllMarks(solution: string): string {
  const complete = (text: string) =>
    text.replace(unmarked, (whole, left: string, dollar: string, result: string) => {
      const expression = withoutWords(left)
      if (expressionTokens(expression) === null) return whole
      return `${left.trimEnd()} = ${dollar}<<${expression}=${result.replaceAll(',', '')}>>${result}`
    })
  return withSigns(solution.replace(bareMark, ''))
    .split(/(<<[^<>]*>>)/)
    .map((part) => (part.startsWith('<<') ? part : complete(part)))
    .join('')
}

const signs: readonly (readonly [RegExp, string])[] = [
  [/[−–]/g, '-'],
  [/(?<=\d) plus (?=\$?\d)/g, ' + '],
  [/(?<=\d) minus (?=\$?\d)/g, ' - '],
  [/(?<=\d) times (?=\$?\d)/g, ' * '],
  [/(?<=\d) divided by (?=\$?\d)/g, ' / '],
  [/(?<=\d) equals (?=\$?\d)/g, ' = '],
  // 9+2(8) is 9+2*(8).
  [/(?<=[\d)])\((?=[\d.])/g, '*('],
]

/** Operators as signs: "30 plus 28" is "30 + 28". */
function withSigns(text: string): string {
  return signs.reduce((told, [pattern, sign]) => told.replace(pattern, sign), text)
}

/** `14 pieces/house * 60 houses` -> `14*60`; a percentage becomes a fraction. */
function withoutWords(text: string): string {
  return text
    .replace(new RegExp(`(${number})${unit}`, 'g'), '$1')
    .replace(/[x×]/g, '*')
    .replaceAll('÷', '/')
    .replace(/[\s$,]/g, '')
    .replace(/([\d.]+)%/g, '($1/100)')
}

function numberOf(text: string): number | null {
  const value = Number(text.replace(/[$,%\s]/g, ''))
  return text.trim() === '' || Number.isNaN(value) ? null : value
}

/** "She sold 48/2 = <<48/2=24>>24 clips in May." -> "She sold 48/2 clips in May." */
function sentenceOf(line: string): string {
  const sentence = line.replace(/\s*=?\s*\$?\s*<<[^<>]*>>\s*\$?[\d.,]*\d%?/, '').trim()
  return /[=<>]/.test(sentence) ? '' : sentence
}

/** "She sold 48+24 = <<48+24=72>>72 clips." -> "She sold {result} clips." */
function endingOf(line: string): string {
  const ending = line
    .replace(/[-\d\s.,+*/x×()$%]*=\s*(\$?)\s*<<[^<>]*>>\s*\$?[\d.,]*\d%?/, ' $1{result}')
    .replace(/(\$?)<<[^<>]*>>\s*\$?[\d.,]*\d%?/, '$1{result}')
    .trim()
  const isClean = /\{result\}/.test(ending) && !/[=<>\d]/.test(ending)
  return isClean && /^[A-Z]/.test(ending) ? ending : ''
}
