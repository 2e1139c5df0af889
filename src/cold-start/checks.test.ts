import { expect, test } from 'vitest'
import { literalJudge } from '../reward/literal-judge.fixture.ts'
import { reToolProtocol } from '../tool/retool-protocol.ts'
import type { CheckOptions } from './checks.ts'
import { checkFormat, checkHandComputed, checkOutputUsed, standardChecks } from './checks.ts'
import type { Demonstration } from './demonstration.ts'
import { clips, demonstrationOf } from './problem.fixture.ts'
import { pythonTool } from './python-tool.fixture.ts'

const options: CheckOptions = {
  protocol: reToolProtocol,
  interpreter: pythonTool,
  judge: literalJudge,
  longest: 400,
  mostTurns: 2,
}

async function firstObjection(demonstration: Demonstration): Promise<string | undefined> {
  for (const check of standardChecks(options)) {
    const objection = await check(demonstration)
    if (objection) return objection.reason
  }
  return undefined
}

const [turn] = demonstrationOf().turns

test('a good demonstration passes all checks', async () => {
  expect(await firstObjection(demonstrationOf())).toBeUndefined()
})

test('each check objects to its own mistake', async () => {
  const closing = { thought: 'She sold 72 clips.', answer: '72' }
  const with_ = (changes: Partial<NonNullable<typeof turn>>) =>
    demonstrationOf({ turns: turn ? [{ ...turn, ...changes }] : [] })
  const printed = (text: string) => ({ text, ok: true, status: 'ok', durationMs: 0 })
  const coded = (code: string) => ({ tool: 'interpreter', arguments: { code } })
  const expected: [Demonstration, string][] = [
    [with_({ thought: 'As <code> says:</code>' }), 'the format is broken'],
    [with_({ call: coded('print("```")\n```\nx') }), 'the format is broken'],
    [demonstrationOf({ closing: { ...closing, answer: '73' } }), 'the answer is not the reference'],
    [with_({ output: printed('') }), 'a snippet printed nothing'],
    [with_({ output: printed('1234') }), 'the output is not used'],
    [with_({ thought: 'In May it was 26.' }), 'a value is worked out by hand'],
    [with_({ call: coded('print(72)') }), 'a value is worked out by hand'],
    [with_({ thought: 'so '.repeat(200) }), 'too long'],
    [demonstrationOf({ turns: turn ? [turn, turn, turn] : [] }), 'too many calls'],
  ]
  for (const [demonstration, reason] of expected) {
    expect(await firstObjection(demonstration)).toBe(reason)
  }
})

test('values that were given in words, printed before or known to everybody are not by hand', () => {
  const problem = {
    ...clips,
    question: 'Of four hundred fourteen clips, 40% are red and half a dozen are lost.',
  }
  const first = {
    thought: 'I take 414 and 0.4, and 60 minutes.',
    call: { tool: 'interpreter', arguments: { code: 'print(414 * 0.4)' } },
    output: { text: '165.6', ok: true, status: 'ok', durationMs: 0 },
  }
  const second = { ...first, thought: 'From 165.6 I go on.' }
  expect(checkHandComputed(demonstrationOf({ problem, turns: [first, second] }))).toBeNull()
  expect(checkHandComputed(demonstrationOf({ problem, turns: [second] }))?.reason).toBe(
    'a value is worked out by hand',
  )
})

test('an error and its correction pass: the broken output needs no use', async () => {
  const failed = { text: 'NameError', ok: false, status: 'error', durationMs: 0 }
  const turns = turn ? [{ ...turn, output: failed }, turn] : []
  expect(checkOutputUsed(demonstrationOf({ turns }))).toBeNull()
  expect(await checkFormat(options)(demonstrationOf({ turns }))).toBeNull()
})
