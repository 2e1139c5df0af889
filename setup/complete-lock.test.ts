import { expect, test } from 'vitest'
import { missingEntries } from './complete-lock.mjs'

test('adds what a package names and the lock lacks, for the system that its name tells', () => {
  const packages = {
    '': {},
    'node_modules/tool': {
      dev: true,
      optionalDependencies: {
        '@tool/linux-x64-gnu': '1.0.0',
        '@tool/linux-arm64-musl': '1.0.0',
        '@tool/darwin-arm64': '1.0.0',
        '@tool/win32-ia32-msvc': '1.0.0',
        fsevents: '^2.3.0',
      },
    },
    'node_modules/@tool/linux-x64-gnu': { version: '1.0.0' },
  }
  const entry = { version: '1.0.0', dev: true, optional: true }
  expect(missingEntries(packages)).toEqual({
    'node_modules/@tool/linux-arm64-musl': {
      ...entry,
      os: ['linux'],
      cpu: ['arm64'],
      libc: ['musl'],
    },
    'node_modules/@tool/darwin-arm64': { ...entry, os: ['darwin'], cpu: ['arm64'] },
    'node_modules/@tool/win32-ia32-msvc': { ...entry, os: ['win32'], cpu: ['ia32'] },
  })
})
