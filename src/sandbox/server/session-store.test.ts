import { expect, test } from 'vitest'
import type { Sandbox, SandboxSession } from '../sandbox.ts'
import { SessionStore } from './session-store.ts'

/** Sessions that only count. */
function countingSandbox() {
  const counts = { opened: 0, closed: 0 }
  const session: SandboxSession = {
    execute: () => Promise.reject(new Error('no cell is expected')),
    close: async () => void counts.closed++,
  }
  const sandbox = { session: async () => counts.opened++ >= 0 && session } as unknown as Sandbox
  return { counts, sandbox }
}

test('a session whose client has gone before it was open is closed: nobody knows its id', async () => {
  const { counts, sandbox } = countingSandbox()
  const controller = new AbortController()
  const opening = new SessionStore(sandbox).open(controller.signal)
  controller.abort()
  await expect(opening).rejects.toMatchObject({ kind: 'cancelled' })
  expect(counts).toEqual({ opened: 1, closed: 1 })
})

test('a session is closed once, whoever asks how often', async () => {
  const { counts, sandbox } = countingSandbox()
  const store = new SessionStore(sandbox)
  const id = await store.open(new AbortController().signal)
  await Promise.all([store.close(id), store.close(id), store.close('unknown')])
  expect(counts).toEqual({ opened: 1, closed: 1 })
  expect(() => store.get(id)).toThrow(`no session ${id}`)
})
