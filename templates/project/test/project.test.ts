import type { ToolOutput } from 'retool-rl'
import { expect, test } from 'vitest'
import { recipe } from '../recipe.ts'
import { asksWell } from '../src/asks-well.ts'
import { daysBetween } from '../src/days-between.ts'
import { problems } from '../src/problems.ts'

function call(given: Readonly<Record<string, unknown>>): Promise<ToolOutput> {
  const context = { trajectoryId: 'test', signal: new AbortController().signal }
  return daysBetween.call({ tool: 'days_between', arguments: given }, context)
}

/** An attempt that holds no more than this output. */
function attempt(output: ToolOutput) {
  const toolCall = { tool: 'days_between', arguments: {} }
  const segment = { author: 'tool', tokens: [], call: toolCall, output } as const
  const stop = { kind: 'answered' } as const
  const rest = { id: 'a', problemId: 'p', policyVersion: 0, durationMs: 0 }
  return { trajectory: { ...rest, segments: [segment], stop }, turns: [] }
}

test('the tool counts days, over the end of a leap February too', async () => {
  expect(await call({ from: '2024-02-28', to: '2024-03-01' })).toMatchObject({
    text: '2',
    ok: true,
  })
  const refused = await call({ from: 'yesterday', to: '2024-03-01' })
  expect(refused).toMatchObject({ ok: false, text: expect.stringContaining('from') })
})

test('every problem is answered by the tool', async () => {
  for (const { question, answer } of problems(20, 7)) {
    const [from, to] = question.match(/\d{4}-\d\d-\d\d/g) ?? []
    expect((await call({ from, to })).text).toBe(answer)
  }
  expect(problems(3, 1)).toEqual(problems(3, 1))
})

test('a call that ran is worth more than one that was refused', async () => {
  expect(asksWell(attempt(await call({ from: '2024-01-01', to: '2024-01-02' })))).toBe(1)
  const refused = attempt(await call({ from: '2024-01-01' }))
  expect(asksWell(refused)).toBe(0.5)
  const silent = { ...refused.trajectory, segments: [] }
  expect(asksWell({ trajectory: silent, turns: ['Let me call days_between.'] })).toBe(0.25)
  expect(asksWell({ trajectory: silent, turns: ['It is 7.'] })).toBe(0)
})

test('the recipe trains on these problems and is judged by others', () => {
  const { tools, problems: sources, evaluation } = recipe()
  expect(tools).toEqual([daysBetween])
  expect(sources).toHaveLength(1)
  expect(evaluation?.problems).toHaveLength(1)
})
