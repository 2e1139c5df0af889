import { expect, test } from 'vitest'
import { chosenTier, type ProbeResult, probe } from './probe.ts'

test.each([
  ['darwin', /needs Linux; this is macOS; to mend it: use a Linux virtual machine or container/],
  ['win32', /needs Linux; this is Windows; to mend it: use WSL 2/],
] as const)('on %s nothing is started, and the way out is told', async (platform, message) => {
  const found = await probe('/no/python/needed', platform)
  expect(found.tier).toBeNull()
  for (const asked of [undefined, 'landlock', 'unsafe'] as const) {
    expect(() => chosenTier(found, asked, platform)).toThrow(message)
    expect(() => chosenTier(found, asked, platform)).toThrow(/retool-rl sandbox serve/)
  }
})

test('takes the strongest usable tier, or the one asked for, never another', () => {
  const finding = (tier: 'ns-root' | 'ns-user' | 'landlock', usable: boolean) => {
    return { tier, usable, why: `${tier} lacks something`, remedy: 'give it' }
  }
  const found: ProbeResult = {
    tier: 'ns-user',
    findings: [finding('ns-root', false), finding('ns-user', true), finding('landlock', true)],
    groups: null,
  }
  expect(chosenTier(found, undefined)).toBe('ns-user')
  expect(chosenTier(found, 'landlock')).toBe('landlock')
  expect(() => chosenTier(found, 'ns-root')).toThrow(/ns-root lacks something; to mend it: give it/)
})
