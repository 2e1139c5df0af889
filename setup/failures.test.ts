// Every way to fail ends in one message with the way out, and the next run starts from the truth.

import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Scratch } from './scratch.fixture.ts'

interface Failing {
  readonly what: string
  readonly break: (scratch: Scratch) => void
  readonly mend: (scratch: Scratch) => void
  readonly says: readonly RegExp[]
}

/** A fake that fails in its own way until it is told to behave. */
function failing(what: string, name: string, how: string, ...says: readonly RegExp[]): Failing {
  return {
    what,
    break: (scratch) => scratch.behave(name, how),
    mend: (scratch) => scratch.behave(name, 'works'),
    says,
  }
}

/** A tool that is not on PATH. */
function missing(what: string, name: string, ...says: readonly RegExp[]): Failing {
  return {
    what,
    break: (scratch) => scratch.remove(name),
    mend: (scratch) => scratch.fake(name),
    says,
  }
}

/** Whom pip asked, without name and password. */
const asked = /^Asked: https:\/\/mirror\.example\/simple$/m
const log = /^Log: \/.*setup-.*\.log$/m

const failures: readonly Failing[] = [
  missing('no npm', 'npm', /npm was not found/, /apt-get install npm/),
  missing(
    'no Python',
    'python3',
    /none was found on PATH/,
    /apt-get install python3 python3-venv/,
    /brew install python/,
    /RETOOL_PYTHON/,
  ),
  missing(
    'no compiler',
    'g++',
    /C\+\+17 compiler is needed/,
    /apt-get install g\+\+/,
    /xcode-select --install/,
  ),
  failing(
    'old Python',
    'python3',
    'old',
    /3\.10 to 3\.14 is needed; found only 3\.9\.2/,
    /apt-get/,
  ),
  failing(
    'Python without venv',
    'python3',
    'no-venv',
    /has no venv module/,
    /apt-get install python3-venv/,
  ),
  failing(
    'venv fails',
    'python3',
    'venv-fails',
    /ensurepip is not available/,
    /apt-get install python3-venv/,
    log,
  ),
  failing(
    'no network for pip',
    'python3',
    'network',
    /installing Python packages failed/,
    /could not be reached/,
    /PIP_INDEX_URL/,
    asked,
    log,
  ),
  failing('a certificate for pip', 'python3', 'proxy', /PIP_CERT/, log),
  failing('full disk in pip', 'python3', 'disk', /The disk is full/, /RETOOL_CACHE/, log),
  failing('hashes differ', 'python3', 'hashes', /arrived damaged/, /pip cache purge/, log),
  failing('truncated wheel', 'python3', 'truncated', /arrived damaged/, /pip cache purge/, log),
  failing('pip fails oddly', 'python3', 'unknown', /the moon is in the wrong place/, asked, log),
  failing('packages do not import', 'python3', 'no-import', /file too short/, /do not import/, log),
  failing('no network for npm', 'npm', 'network', /npm ci failed/, /could not be reached/, log),
  failing('damaged npm package', 'npm', 'damaged', /arrived damaged/, /npm cache clean/, log),
  failing('npm fails oddly', 'npm', 'unknown', /Something odd/, /npm ci/, log),
  failing('npm stops half-way', 'npm', 'half', /npm ci failed/, log),
  failing('old compiler', 'g++', 'old', /too old: g\+\+.*8\.3\.0/, /apt-get install g\+\+/, /CXX=/),
  failing(
    'broken compiler',
    'g++',
    'broken',
    /does not run: xcrun: error/,
    /xcode-select --install/,
  ),
  failing(
    'compiler rejects',
    'g++',
    'rejects',
    /compiling (one|two)\.cc failed.*expected unqualified-id/,
    log,
  ),
  failing('compiler killed', 'g++', 'memory', /out of memory/, /RETOOL_JOBS=1/, log),
  failing('full disk in the compiler', 'g++', 'disk', /The disk is full/, log),
  failing('addon does not load', 'g++', 'garbage', /does not load/, log),
]

test.each(failures)('$what', async ({ break: spoil, says }) => {
  using scratch = new Scratch()
  spoil(scratch)
  const failed = await scratch.run()
  expect(failed.code).toBe(1)
  for (const part of says) expect(failed.stderr).toMatch(part)
  expect(failed.stderr).not.toMatch(/anna|secret/)
  expect(failed.stderr).not.toMatch(/^\s+at /m)
  expect(failed.stderr).not.toContain('undefined')
  expect(failed.stderr.match(/^set-up: /gm)).toHaveLength(1)
})

/** Those that stop when something half-made lies there already. */
const halfWay = [
  'venv fails',
  'truncated wheel',
  'packages do not import',
  'npm stops half-way',
  'compiler rejects',
  'addon does not load',
]

test.each(failures.filter(({ what }) => halfWay.includes(what)))(
  'after "$what" the next run trusts nothing half-made',
  async ({ break: spoil, mend }) => {
    using scratch = new Scratch()
    spoil(scratch)
    expect((await scratch.run()).code).toBe(1)
    expect((await scratch.run()).code).toBe(1)
    mend(scratch)
    expect(await scratch.run()).toEqual({
      code: 0,
      stderr: expect.stringContaining('set-up: ready'),
    })
  },
)

test.each([
  ['has no torch', 'no-torch', /cannot be used: ModuleNotFoundError/],
  ['has an old torch', 'old-torch', /has torch 2\.4\.1/],
])('RETOOL_PYTHON %s', async (_what, how, says) => {
  using scratch = new Scratch()
  scratch.behave('python3', how)
  const { code, stderr } = await scratch.run({ RETOOL_PYTHON: join(scratch.bin, 'python3') })
  expect(code).toBe(1)
  expect(stderr).toMatch(says)
  expect(stderr).toContain('torch 2.10 to 2.13')
})

test('RETOOL_PYTHON and CXX that do not exist are named', async () => {
  using scratch = new Scratch()
  const python = await scratch.run({ RETOOL_PYTHON: '/nowhere/python' })
  expect(python).toEqual({
    code: 1,
    stderr: expect.stringContaining('RETOOL_PYTHON=/nowhere/python'),
  })
  const compiler = await scratch.run({ CXX: 'g++-99' })
  expect(compiler).toEqual({ code: 1, stderr: expect.stringContaining('CXX=g++-99') })
})

test('a cache folder that cannot be made is named', async () => {
  using scratch = new Scratch()
  const impossible = join(scratch.root, 'package.json', 'cache')
  const { code, stderr } = await scratch.run({ RETOOL_CACHE: impossible })
  expect(code).toBe(1)
  expect(stderr).toContain(impossible)
  expect(stderr).toContain('RETOOL_CACHE')
  expect(stderr).not.toMatch(/^\s+at /m)
})
