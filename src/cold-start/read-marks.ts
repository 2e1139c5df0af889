// GSM8K's worked solutions: calculator marks such as `<<48/2=24>>` in running text.

import type { Problem } from '../data/problem.ts'
import type { CalculationStep, ReadCalculation } from './calculation.ts'
import { expressionTokens } from './calculation.ts'
import { pythonName } from './python-name.ts'

const mark = /<<([^<>]*)=([^<>=]*)>>/

/**
 * The marks of a solution, one step each, named by the words that follow the result. Where they do
 * not lead to the answer, calculations that were written without a mark count too.
 */
export function readMarks(problem: Problem): ReadCalculation {
  const solution = problem.solution?.replace(/\n?####[^\n]*\s*$/, '')
  if (!solution) return { kind: 'unreadable', reason: 'no worked solution' }
  const found = stepsOf(solution)
  if (leadsToAnswer(found, problem)) return found
  const completed = stepsOf(withAllMarks(solution))
  return leadsToAnswer(completed, problem) ? completed : found
}

function leadsToAnswer(found: ReadCalculation, { answer }: Problem): boolean {
  return found.kind === 'calculation' && found.calculation.steps.at(-1)?.result === numberOf(answer)
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

const unmarked =
  /(?<![\d.,*/+\-x×=(]\s*)(\(?\$?\d[\d\s.,$()%]*(?:[-+*/x×÷][\d\s.,$()]*\d\)?)+)\s*=\s*(\$?)(\d[\d,]*(?:\.\d+)?)/g

/** "80-26=54 more" -> "80-26 = <<80-26=54>>54 more". */
function withAllMarks(solution: string): string {
  const complete = (text: string) =>
    text.replace(unmarked, (whole, left: string, dollar: string, result: string) => {
      const expression = left.replace(/[x×]/g, '*').replaceAll('÷', '/').replace(/[\s$]/g, '')
      if (expressionTokens(expression) === null) return whole
      return `${left.trimEnd()} = ${dollar}<<${expression}=${result.replaceAll(',', '')}>>${result}`
    })
  return solution
    .replace(/[−–]/g, '-')
    .split(/(<<[^<>]*>>)/)
    .map((part) => (part.startsWith('<<') ? part : complete(part)))
    .join('')
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
