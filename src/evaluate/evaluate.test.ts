import { join } from 'node:path'
import { expect, test } from 'vitest'
import { scratchFolder } from '../../test/scratch-folder.ts'
import { InfrastructureError } from '../base/errors.ts'
import { RandomStream } from '../base/random.ts'
import { RecordLog } from '../base/record-log.ts'
import type { Problem } from '../data/problem.ts'
import type { Judge } from '../reward/judge.ts'
import { literalJudge } from '../reward/literal-judge.fixture.ts'
import { byteCodec } from '../tool/byte-codec.fixture.ts'
import { chatMl } from '../tool/chatml.fixture.ts'
import { reToolProtocol } from '../tool/retool-protocol.ts'
import type { Tool } from '../tool/tool.ts'
import type { Completion, Policy, Sampling } from '../trajectory/policy.ts'
import type { TokenId } from '../trajectory/segment.ts'
import type { AttemptRecord } from './attempt-record.ts'
import { policyAttempter } from './attempter.ts'
import { compare } from './compare.ts'
import type { EvaluateOptions } from './evaluate.ts'
import { evaluate } from './evaluate.ts'

const problems: readonly Problem[] = ['a', 'b', 'c'].map((id) => ({
  id,
  question: `What is ${id}?`,
  answer: '7',
  source: id === 'c' ? 'hard' : 'easy',
  verifier: { kind: 'equivalence' },
}))

const interpreter: Tool = {
  name: 'interpreter',
  description: '',
  parameters: {},
  call: async () => ({ text: '7', ok: true, status: 'ok', durationMs: 1 }),
}

/** Calls first, then answers 7 with probability 1/2 (never for the problem c), by the seed. */
const policy: Policy = {
  version: 0,
  contextLength: 4_096,
  open() {
    let seen = ''
    return {
      close() {},
      async complete(tokens: readonly TokenId[], sampling: Sampling): Promise<Completion> {
        seen += byteCodec.decode(tokens)
        const isLucky = RandomStream.named(sampling.seed, 'luck').uniform() < 0.5
        const text = seen.endsWith('</interpreter>\n')
          ? `So.\n<answer>\n\\boxed{${isLucky && !seen.includes('What is c?') ? 7 : 8}}\n</answer>`
          : 'Run.\n<code>\n```python\nprint(3 + 4)\n```\n</code>'
        seen += text
        const written = [...byteCodec.encode(text)]
        const stop = text.endsWith('</code>') ? '</code>' : '</answer>'
        return {
          tokens: written,
          logprobs: written.map(() => -1),
          finish: { kind: 'stopString', text: stop },
          policyVersion: 0,
        }
      },
    }
  },
}

async function optionsFor(changes: Partial<EvaluateOptions> = {}): Promise<EvaluateOptions> {
  const path = join(scratchFolder(), 'attempts.jsonl')
  return {
    problems,
    attemptsPerProblem: 8,
    attempter: policyAttempter({
      policy,
      codec: byteCodec,
      template: chatMl({ knowsTools: false }),
      protocol: reToolProtocol,
      tools: [interpreter],
      sampling: { temperature: 1, topP: 0.7, topK: 0, minP: 0 },
      stopTokens: [],
      seed: 3,
    }),
    judge: literalJudge,
    concurrency: 4,
    log: await RecordLog.open<AttemptRecord>(path),
    name: 'evaluation',
    ...changes,
  }
}

test('reports accuracy per source and label, and behaviour', async () => {
  const report = await evaluate(
    await optionsFor({ labelOf: (source) => (source === 'hard' ? 'never shown' : 'shown') }),
  )
  expect(report.all).toMatchObject({ problems: 3, attempts: 24 })
  expect(report.bySource['hard']?.average.mean).toBe(0)
  const { mean } = report.bySource['easy']?.average ?? { mean: 0 }
  expect(mean).toBeGreaterThan(0.1)
  expect(mean).toBeLessThan(0.9)
  expect(report.byLabel['shown']?.average.mean).toBe(mean)
  expect(report.all.average.mean).toBeCloseTo((2 * mean) / 3)
  expect(Object.keys(report.all.pass)).toEqual(['1', '2', '4', '8'])
  expect(report.all.pass['1']?.mean).toBeCloseTo(report.all.average.mean)
  expect(report.bySource['easy']?.pass['8']?.mean).toBe(1)
  expect(report.all.behaviour).toMatchObject({
    codeRatio: 1,
    codeLines: 1,
    correctCodeCount: 24,
    codePassRateRight: 1,
    purposes: { calculation: 24 },
    stops: { answered: 24 },
  })
})

test('an interrupted evaluation goes on with what is missing and ends the same', async () => {
  const whole = await evaluate(await optionsFor())
  const controller = new AbortController()
  const cut = await optionsFor()
  const interrupted = evaluate({
    ...cut,
    signal: controller.signal,
    onAttempt: () => {
      if (++made === 7) controller.abort(new Error('stop'))
    },
  })
  let made = 0
  await expect(interrupted).rejects.toThrow('stop')
  const log = await RecordLog.open<AttemptRecord>(cut.log.path)
  const kept = log.records.length
  expect(kept).toBeGreaterThanOrEqual(7)
  expect(kept).toBeLessThan(24)
  let further = 0
  const resumed = await evaluate({ ...cut, log, onAttempt: () => further++ })
  expect(further).toBe(24 - kept)
  expect(resumed).toEqual(whole)
})

test('a broken judge leaves attempts out of the numbers, and too many of them end it', async () => {
  let calls = 0
  const flaky: Judge = async (problem, answer) => {
    if (++calls === 1) throw new InfrastructureError('died', 'the grader died')
    return await literalJudge(problem, answer)
  }
  const report = await evaluate(await optionsFor({ judge: flaky }))
  expect(report.unjudged).toBe(1)
  expect(report.all.attempts).toBe(23)
  const broken: Judge = async () => {
    throw new InfrastructureError('died', 'the grader died')
  }
  await expect(evaluate(await optionsFor({ judge: broken }))).rejects.toThrow('attempts failed')
})

test('two evaluations are compared problem by problem', async () => {
  const first = { perProblem: { a: 0, b: 0.5, c: 1, x: 1 } }
  const second = { perProblem: { a: 1, b: 0.5, c: 1, y: 0 } }
  const comparison = compare(first, second)
  expect(comparison).toMatchObject({ better: 1, worse: 0, equal: 2, unpaired: 2 })
  expect(comparison.difference.mean).toBeCloseTo(1 / 3)
  expect(() => compare(first, { perProblem: { z: 1 } })).toThrow('no problem in common')
})
