import { afterEach, expect, test, vi } from 'vitest'
import { isLive, usesColour } from './terminal.ts'

afterEach(() => vi.unstubAllEnvs())

const terminal = { isTTY: true }

test('colours only on a terminal, and never where they are not wanted', () => {
  vi.stubEnv('NO_COLOR', '')
  vi.stubEnv('TERM', 'xterm')
  expect(usesColour(terminal)).toBe(true)
  expect(usesColour({})).toBe(false)
  vi.stubEnv('NO_COLOR', '1')
  expect(usesColour(terminal)).toBe(false)
  vi.stubEnv('NO_COLOR', '')
  vi.stubEnv('TERM', 'dumb')
  expect(usesColour(terminal)).toBe(false)
})

test('lines that redraw themselves only where somebody watches', () => {
  vi.stubEnv('TERM', 'xterm')
  vi.stubEnv('CI', '')
  expect([isLive(terminal), isLive({})]).toEqual([true, false])
  vi.stubEnv('CI', 'true')
  expect(isLive(terminal)).toBe(false)
})
