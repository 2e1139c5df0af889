import { expect, test } from 'vitest'
import { Job } from './job.ts'
import { defaultLimits } from './limits.ts'
import { checkedProgram } from './program.ts'

const program = checkedProgram({ code: '1' }, defaultLimits)

test('ten thousand programs of one signal are cancelled, each once, and nothing is kept', async () => {
  const controller = new AbortController()
  const { signal } = controller
  let withdrawn = 0
  const kinds = Array.from({ length: 10_000 }, (_, id) => {
    const job = new Job(id, program, { signal, cell: undefined })
    job.withdraw = () => withdrawn++
    return job.promise.catch((error) => error.kind)
  })
  controller.abort()
  expect(new Set(await Promise.all(kinds))).toEqual(new Set(['cancelled']))
  expect(withdrawn).toBe(10_000)
})

test('a program that ended is not cancelled afterwards', async () => {
  const controller = new AbortController()
  const job = new Job(1, program, { signal: controller.signal, cell: undefined })
  job.withdraw = () => expect.unreachable()
  job.reject(new Error('first'))
  controller.abort()
  await expect(job.promise).rejects.toThrow('first')
})

test('an answer that came while the event loop was blocked counts, not the deadline', async () => {
  const late = checkedProgram({ code: '1', limits: { deadlineMs: 5 } }, defaultLimits)
  const job = new Job(1, late, { signal: undefined, cell: undefined })
  const end = performance.now() + 20
  while (performance.now() < end);
  setImmediate(() => job.reject(new Error('the answer'))) // what a socket has to tell comes after timers
  await expect(job.promise).rejects.toThrow('the answer')
})
