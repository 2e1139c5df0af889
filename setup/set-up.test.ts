// The real set-up program with fake tools: what it does, in which order, and only once.

import { existsSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Scratch } from './scratch.fixture.ts'

const linux = process.platform === 'linux'

test('from nothing: npm packages, environment, torch, the rest, addon; then nothing any more', async () => {
  using scratch = new Scratch()
  const first = await scratch.run()
  expect(first).toEqual({
    code: 0,
    stderr: expect.stringContaining('set-up: ready (torch 2.13.0+cpu'),
  })
  const order = [
    'npm ci',
    'python venv',
    'pip==',
    'torch==2.13.0',
    'numpy==',
    'pycosat==',
    'one.cc',
    'two.cc',
    '-shared',
  ]
  const places = order.map((sign) => scratch.calls.findIndex((call) => call.includes(sign)))
  expect(places).not.toContain(-1)
  expect(places.slice(0, 6)).toEqual(places.slice(0, 6).toSorted((a, b) => a - b))
  expect(readlinkSync(join(scratch.root, 'node_modules/.bin/retool-rl'))).toBe(
    '../../bin/retool-rl.mjs',
  )

  scratch.forgetCalls()
  expect((await scratch.run()).code).toBe(0)
  expect(scratch.calls).toEqual([])
  expect(leftovers(scratch)).toEqual([])
})

test('the second run starts no process at all, not even Python or the compiler', async () => {
  using scratch = new Scratch()
  await scratch.run()
  for (const name of ['npm', 'sh', 'cat', 'cp']) scratch.remove(name)
  expect((await scratch.run()).code).toBe(0)
})

test.runIf(linux)(
  'without an NVIDIA driver the CPU build of torch is asked for by name',
  async () => {
    using scratch = new Scratch()
    await scratch.run()
    expect(torchCalls(scratch)).toEqual([expect.stringMatching(/ torch==2\.13\.0\+cpu$/)])
  },
)

test.runIf(linux)(
  'where the registry has no CPU build, the general one is taken and that is said',
  async () => {
    using scratch = new Scratch()
    scratch.behave('python3', 'no-cpu-build')
    const { code, stderr } = await scratch.run()
    expect(code).toBe(0)
    expect(stderr).toContain('no CPU build of torch')
    expect(torchCalls(scratch).map((call) => call.split(' ').at(-1))).toEqual([
      'torch==2.13.0+cpu',
      'torch==2.13.0',
    ])
  },
)

test('without the headers for pycosat a stand-in is left that says so', async () => {
  using scratch = new Scratch()
  scratch.behave('python3', 'no-headers')
  expect((await scratch.run()).code).toBe(0)
  const [environment = ''] = environments(scratch)
  const standIn = join(
    scratch.cache,
    'python',
    environment,
    'lib/python3.11/site-packages/pycosat.py',
  )
  expect(readFileSync(standIn, 'utf8')).toContain('python3-dev')
})

test('a changed source is compiled and linked, nothing else; other pins make another environment', async () => {
  using scratch = new Scratch()
  await scratch.run()
  scratch.forgetCalls()
  writeFileSync(join(scratch.root, 'native', 'one.cc'), 'int three;')
  await scratch.run()
  expect(scratch.calls.map((call) => call.split(' ')[0])).toEqual(['g++', 'g++'])
  expect(scratch.calls[0]).toContain('one.cc')

  const pins = join(scratch.root, 'setup', 'requirements.txt')
  writeFileSync(pins, `${readFileSync(pins, 'utf8')}\n# other\n`)
  await scratch.run()
  expect(environments(scratch)).toHaveLength(2)
})

test('RETOOL_PYTHON is used as it is: no environment, no pip', async () => {
  using scratch = new Scratch()
  const { code } = await scratch.run({ RETOOL_PYTHON: join(scratch.bin, 'python3') })
  expect(code).toBe(0)
  expect(scratch.calls.filter((call) => call.startsWith('python'))).toEqual([])
  expect(existsSync(join(scratch.cache, 'python'))).toBe(false)
})

test('a lost or damaged part is made again', async () => {
  using scratch = new Scratch()
  await scratch.run()
  const addon =
    readdirSync(join(scratch.cache, 'addon')).find((name) => name.startsWith('torch-')) ?? ''
  rmSync(join(scratch.cache, 'addon', addon, 'retool.node'))
  expect((await scratch.run()).code).toBe(0)
  expect(existsSync(join(scratch.cache, 'addon', addon, 'retool.node'))).toBe(true)

  for (const file of readdirSync(join(scratch.cache, 'state'))) {
    writeFileSync(join(scratch.cache, 'state', file), '{"half')
  }
  expect((await scratch.run()).code).toBe(0)

  rmSync(join(scratch.root, 'node_modules'), { recursive: true })
  scratch.forgetCalls()
  expect((await scratch.run()).code).toBe(0)
  expect(scratch.calls.map((call) => call.split(' ')[0])).toEqual(['npm'])
})

function torchCalls(scratch: Scratch): readonly string[] {
  return scratch.calls.filter((call) => call.includes(' torch=='))
}

function environments(scratch: Scratch): readonly string[] {
  return readdirSync(join(scratch.cache, 'python')).filter((name) => !name.endsWith('.json'))
}

/** Drafts and locks that a finished run should not leave. */
function leftovers(scratch: Scratch): readonly string[] {
  return readdirSync(scratch.cache, { recursive: true })
    .map(String)
    .filter((name) => /partial|lock|takeover|\.json\./.test(name))
}
