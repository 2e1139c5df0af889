// Words around the code, drawn from a stream: a demonstration set with one wording teaches the
// wording and nothing else.

import type { RandomStream } from '../base/random.ts'
import type { Closing } from './script.ts'

/** One of the values, each as likely. */
export function pick<T>(stream: RandomStream, values: readonly T[]): T {
  const value = values[stream.integer(values.length)]
  if (value === undefined) throw new Error('defect: nothing to pick from')
  return value
}

const openings = [
  'I will write a short Python script for this.',
  'Let me compute this with code.',
  'This is easy to get wrong by hand, so I use Python.',
  'I let the interpreter do the calculation.',
  'A few lines of Python will give the exact result.',
  'Let me calculate it with Python.',
  'To be sure of the numbers, I run some code.',
  'I compute the result with a script.',
]

/** `plan` (a sentence or '') with an opening before or after it. */
export function leadIn(stream: RandomStream, plan: string): string {
  const opening = pick(stream, openings)
  if (plan === '') return opening
  return pick(stream, [`${plan} ${opening}`, `${opening} ${plan}`, plan])
}

const endings = [
  (output: string) => `The interpreter printed ${output}, so this is the answer.`,
  (output: string) => `So the answer is ${output}.`,
  (output: string) => `The result is ${output}.`,
  (output: string) => `The code gives ${output}.`,
  (output: string) => `Therefore the final answer is ${output}.`,
  (output: string) => `The output is ${output}. That answers the question.`,
  (output: string) => `We get ${output}.`,
]

/** A closing that quotes the last output as the answer; null unless it is one non-empty line. */
export function quoteOutput(stream: RandomStream): (outputs: readonly string[]) => Closing | null {
  const ending = pick(stream, endings)
  return (outputs) => {
    const output = outputs.at(-1)?.trim() ?? ''
    if (output === '' || output.includes('\n')) return null
    return { thought: ending(output), answer: output }
  }
}
