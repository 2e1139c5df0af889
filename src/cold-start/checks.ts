// What a demonstration has to pass. Each check is a function from a demonstration to the reason
// against it; the first reason drops the demonstration.

import type { Judge } from '../reward/judge.ts'
import type { Tool, ToolProtocol } from '../tool/tool.ts'
import type { Demonstration } from './demonstration.ts'
import { policyTexts } from './encode-demonstration.ts'
import { handComputed } from './hand-computed.ts'

/** Why a demonstration is dropped: `reason` is counted, `detail` goes into the examples. */
export interface Objection {
  readonly reason: string
  readonly detail: string
}

export type Check = (demonstration: Demonstration) => Promise<Objection | null> | Objection | null

export interface CheckOptions {
  readonly protocol: ToolProtocol
  readonly interpreter: Tool
  readonly judge: Judge
  /** Most characters that the policy writes, over all turns. */
  readonly longest: number
  /** Most calls. */
  readonly mostTurns: number
}

/** All checks in order: format, answer, use of outputs, hand-computed values, length. */
export function standardChecks(options: CheckOptions): readonly Check[] {
  return [
    checkFormat(options),
    checkAnswer(options.judge),
    checkOutputUsed,
    checkHandComputed,
    checkLength(options),
  ]
}

/** Check 1: what the policy writes is read back by the protocol as the same calls and answer. */
export function checkFormat({ protocol, interpreter }: CheckOptions): Check {
  return (demonstration) => {
    const texts = policyTexts(demonstration, protocol)
    for (const [index, text] of texts.entries()) {
      const move = protocol.parse(text, [interpreter])
      const turn = demonstration.turns[index]
      const isRight = turn
        ? move.kind === 'call' && move.call.arguments['code'] === turn.call.arguments['code']
        : move.kind === 'answer' && move.text === demonstration.closing.answer
      const stops = protocol.stopStrings.reduce((sum, stop) => sum + text.split(stop).length - 1, 0)
      if (!isRight || stops > 1) return { reason: 'the format is broken', detail: text }
    }
    return null
  }
}

/** Check 2: the final answer equals the reference. */
export function checkAnswer(judge: Judge): Check {
  return async ({ problem, closing }) => {
    const { correct } = await judge(problem, closing.answer)
    if (correct) return null
    const detail = `${closing.answer}, expected ${problem.answer}`
    return { reason: 'the answer is not the reference', detail }
  }
}

/** What the last program printed is said or built on afterwards. */
export function checkOutputUsed({ turns, closing }: Demonstration): Objection | null {
  for (const [index, { output }] of turns.entries()) {
    const printed = output.text.trim()
    if (output.ok && printed === '') {
      return { reason: 'a snippet printed nothing', detail: JSON.stringify(turns[index]?.call) }
    }
  }
  const last = turns.findLast(({ output }) => output.ok)
  if (!last) return null
  const after = `${closing.thought} ${closing.answer}`
  const pieces = last.output.text.split(/[\s,;:()[\]{}'"=]+/).filter((piece) => piece !== '')
  if (pieces.some((piece) => mentions(after, piece))) return null
  const detail = `${last.output.text}\n-> ${after}`
  return { reason: 'the output is not used', detail }
}

/** Whether the text has the piece, as it stands or as the same number. */
function mentions(text: string, piece: string): boolean {
  if (text.includes(piece)) return true
  const value = Number(piece)
  if (Number.isNaN(value)) return false
  const numbers = text.match(/-?\d[\d,]*(?:\.\d+)?/g) ?? []
  return numbers.some((found) => {
    const said = Number(found.replaceAll(',', ''))
    return Math.abs(said - value) <= 0.005 * Math.abs(value) || said === Math.round(value)
  })
}

/** In a demonstration with code, nothing is worked out by hand before it was printed. */
export function checkHandComputed({ problem, turns }: Demonstration): Objection | null {
  const known = [problem.question]
  for (const { thought, call, output } of turns) {
    const code = String(call.arguments['code']).replace(/[a-z_]\w*/gi, ' ')
    const found = handComputed(`${thought}\n${code}`, known)
    if (found.length > 0) {
      const detail = `${found.join(', ')} in: ${thought}\n${String(call.arguments['code'])}`
      return { reason: 'a value is worked out by hand', detail }
    }
    known.push(output.text, ...wholeNumbers(output.text))
  }
  return null
}

/** `72.0` is printed, 72 is said. */
function wholeNumbers(text: string): readonly string[] {
  return (text.match(/\d+\.\d+/g) ?? []).map((found) => String(Number(found)))
}

/** Neither endless nor empty. */
export function checkLength({ longest, mostTurns, protocol }: CheckOptions): Check {
  return (demonstration) => {
    const { turns } = demonstration
    if (turns.length > mostTurns) {
      return { reason: 'too many calls', detail: `${turns.length}, at most ${mostTurns}` }
    }
    const length = policyTexts(demonstration, protocol).join('').length
    if (length <= longest) return null
    return { reason: 'too long', detail: `${length} characters, at most ${longest}` }
  }
}
