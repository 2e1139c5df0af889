import { CommanderError } from 'commander'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { InfrastructureError, UserError } from '../base/errors.ts'
import { reportError } from './report-error.ts'

let said = ''
beforeEach(() => {
  said = ''
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said += String(text)
    return true
  })
  vi.stubEnv('RETOOL_DEBUG', '')
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

test('a mistake of the user: the message alone, with its exit code', () => {
  expect(reportError(new UserError('no such model'))).toBe(1)
  expect(reportError(new UserError('no such option', 2))).toBe(2)
  expect(said).toBe('error: no such model\nerror: no such option\n')
})

test('a defect: a short message, and the stack only with RETOOL_DEBUG', () => {
  expect(reportError(new TypeError('x is not a function'))).toBe(1)
  expect(said).toContain('x is not a function')
  expect(said).toContain('RETOOL_DEBUG=1')
  expect(said).not.toContain('report-error.test.ts')
  vi.stubEnv('RETOOL_DEBUG', '1')
  reportError(new TypeError('again'))
  expect(said).toContain('report-error.test.ts')
})

test('an infrastructure failure is not called a defect', () => {
  expect(reportError(new InfrastructureError('died', 'the helper is gone'))).toBe(1)
  expect(said).toContain('error: the helper is gone\n')
  expect(said).not.toContain('defect')
})

test('what commander has printed already is not printed again; wrong use is 2, help is 0', () => {
  expect(reportError(new CommanderError(1, 'commander.unknownOption', 'x'))).toBe(2)
  expect(reportError(new CommanderError(0, 'commander.helpDisplayed', 'x'))).toBe(0)
  expect(said).toBe('')
})
