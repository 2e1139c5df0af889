import { expect, test } from 'vitest'
import { checkOptions } from './checked-options.ts'
import type { SandboxOptions } from './sandbox-options.ts'

test.each<[object, RegExp]>([
  [{ workers: 0 }, /^workers: expected a whole number from 1 to 1024, got 0$/],
  [{ slots: 1.5 }, /^slots: .* got 1.5$/],
  [{ worker: 2 }, /^worker: no such option; did you mean workers\?$/],
  [{ recycleAfter: 0 }, /^recycleAfter: expected a whole number from 1, got 0$/],
  [{ session: { idleMs: Number.NaN } }, /^session.idleMs: .* got NaN$/],
  [{ session: { idle: 1 } }, /^session.idle: no such option; did you mean idleMs\?$/],
])('refuses %o with the name of the option', (options, message) => {
  expect(() => checkOptions(options as SandboxOptions)).toThrow(message)
})

test('takes what is there, and no upper bound where there is none', () => {
  checkOptions({ workers: 4, recycleAfter: Number.POSITIVE_INFINITY, session: { cells: 3 } })
})
