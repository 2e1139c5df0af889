// What goes wrong between a client and its servers: every promise settles, with one result, its own.

import type { AddressInfo } from 'node:net'
import { createServer, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { defaultLimits } from '../limits.ts'
import {
  type Behaviour,
  closeLater,
  connect,
  connectWith,
  execution,
  fakeServer,
} from './fake-server.fixture.ts'

const kindOf = (promise: Promise<unknown>) => promise.catch(({ kind }) => kind)
const limits = { ...defaultLimits, deadlineMs: 50 }

test('a server that takes what it is sent and never answers is given up at the deadline', async () => {
  let closed = 0
  const silent = await fakeServer((_, response) => response.on('close', () => closed++))
  const pool = await connectWith({ limits }, silent)
  const kinds = [pool.execute({ code: '1' }), pool.session()].map(kindOf)
  expect(await Promise.all(kinds)).toEqual(['overloaded', 'overloaded'])
  await expect.poll(() => closed).toBe(2)
})

test('so is a cell of its session, which can be closed', async () => {
  const opening = await fakeServer((_, response) => {
    if (opening.calls === 1) response.end('{"id":"x"}')
  })
  const pool = await connect(opening)
  const session = await pool.session()
  expect(await kindOf(session.execute({ code: '1', limits }))).toBe('overloaded')
  await session.close()
  expect(await kindOf(session.execute({ code: '1' }))).toBe('session_lost')
})

test('an answer of another shape is none: the program runs elsewhere', async () => {
  const babbling = await fakeServer((_, response) => response.end('{"status":"fine"}'))
  const steady = await fakeServer((answer) => answer())
  const pool = await connect(babbling, steady)
  for (let index = 0; index < 4; index++) {
    expect((await pool.execute({ code: `${index}` })).stdout).toBe(`${index}`)
  }
  const alone = await connect(babbling)
  expect(await kindOf(alone.execute({ code: '1' }))).toBe('sandbox_error')
  expect(await kindOf(alone.session())).toBe('sandbox_error')
})

test('closing settles what is in flight, waiting or being opened', async () => {
  const silent = await fakeServer(() => {})
  const pool = await connect(silent)
  const promises = [
    ...Array.from({ length: 20 }, () => pool.execute({ code: '1' })),
    pool.session(),
  ].map(kindOf)
  while (silent.calls === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  await pool.close()
  expect(new Set(await Promise.all(promises))).toEqual(new Set(['cancelled']))
  expect(await kindOf(pool.execute({ code: '1' }))).toBe('sandbox_error')
  expect(await kindOf(pool.session())).toBe('sandbox_error')
})

test('ten thousand wait and most are cancelled: the rest run, each once', async () => {
  const ran: Record<string, number> = {}
  const count: Behaviour = (answer, _, code) => {
    ran[code] = (ran[code] ?? 0) + 1
    answer()
  }
  const servers = [await fakeServer(count), await fakeServer(count)]
  const pool = await connectWith({ queueLength: 10_000 }, ...servers)
  const controllers = Array.from({ length: 10 }, () => new AbortController())
  const ends = Array.from({ length: 10_000 }, (_, index) => {
    const signal = index % 100 === 0 ? undefined : controllers[index % 10]?.signal
    return pool.execute({ code: `${index}` }, signal).then(
      ({ stdout }) => stdout,
      ({ kind }) => kind,
    )
  })
  for (const controller of controllers) controller.abort()
  const settled = await Promise.all(ends)
  const wrong = settled.filter((end, index) => end !== 'cancelled' && end !== `${index}`)
  expect(wrong).toEqual([])
  for (let index = 0; index < 10_000; index += 100) {
    expect([settled[index], ran[index]]).toEqual([`${index}`, 1])
  }
})

/** A server that gives every answer to a program twice, the second time after a while. */
async function doubling(afterMs: number): Promise<{ url: string }> {
  const server = createServer((socket) => {
    let text = ''
    socket.setEncoding('latin1').on('error', () => {})
    socket.on('data', (chunk) => {
      text += chunk
      const [head = '', body] = text.split('\r\n\r\n')
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'im').exec(head)?.[1] ?? ''
      if (body === undefined || body.length < Number(field('content-length'))) return
      text = ''
      const isProgram = head.startsWith('POST')
      const health = { tier: 'landlock', freeSlots: 4, running: 0 }
      const content = JSON.stringify(isProgram ? execution(JSON.parse(body).code) : health)
      const answer = `HTTP/1.1 200 OK\r\nx-request-id: ${field('x-request-id')}\r\ncontent-length: ${content.length}\r\n\r\n${content}`
      socket.write(answer)
      if (isProgram) again(socket, answer, afterMs)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closeLater(server)
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

function again(socket: Socket, answer: string, afterMs: number): void {
  if (afterMs === 0) socket.write(answer)
  else setTimeout(() => socket.writable && socket.write(answer), afterMs)
}

test.each([0, 3])("a second answer %d ms after the first is nobody's", async (afterMs) => {
  const pool = await connect(await doubling(afterMs))
  for (let round = 0; round < 20; round++) {
    const names = Array.from({ length: 10 }, (_, index) => `program ${round} ${index}`)
    const answers = await Promise.all(names.map((code) => pool.execute({ code })))
    expect(answers.map(({ stdout }) => stdout)).toEqual(names)
  }
})
