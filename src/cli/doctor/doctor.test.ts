import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import type { Location } from '../../../setup/locate.mjs'
import { scratchFolder } from '../../../test/scratch-folder.ts'
import { packageFile } from '../../base/package-root.ts'
import type { Diagnosis } from './finding.ts'
import { memoryFinding, nodeFinding, processorFinding } from './machine-findings.ts'
import { pythonFindings } from './python-findings.ts'
import { renderFindings } from './render-findings.ts'
import { describe } from './sandbox-finding.ts'
import { type TorchAnswer, torchFindings } from './torch-findings.ts'

test('where the set-up has not run: exit code 1, each missing thing with its way out, as JSON too', () => {
  const cache = scratchFolder()
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [packageFile('bin/retool-rl.mjs'), 'doctor', '--json'],
    { encoding: 'utf8', env: { ...process.env, RETOOL_CACHE: cache } },
  )
  expect({ status, stderr }).toEqual({ status: 1, stderr: '' })
  const { ready, findings } = JSON.parse(stdout) as Diagnosis
  expect(ready).toBe(false)
  const missing = findings.filter(({ state }) => state === 'missing')
  expect(missing.map(({ name }) => name)).toEqual(['Python', 'torch', 'native addon'])
  for (const { advice } of missing) expect(advice).toContain('npm run setup')
})

test('the machine is described', () => {
  expect(nodeFinding()).toMatchObject({ state: 'ok', details: { version: process.versions.node } })
  expect(memoryFinding(null).details?.['totalBytes']).toBeGreaterThan(2 ** 28)
  expect(processorFinding(undefined).found).toMatch(
    /\d+ threads; .*computes fastest in (float32|bfloat16)$/,
  )
})

test('memory is measured by what the quickstart needs', () => {
  expect(memoryFinding({ grpo: 1, ppo: 2 ** 31 })).toMatchObject({
    state: 'ok',
    found: expect.stringMatching(/; the quickstart needs about 0\.0 GB \(with ppo 2\.0\)$/),
  })
  expect(memoryFinding({ grpo: 2 ** 50, ppo: 2 ** 51 })).toMatchObject({
    state: 'warning',
    advice: 'the quickstart needs about 1048576.0 GB (with ppo 2097152.0)',
  })
})

const torch: TorchAnswer = {
  version: '2.13.0',
  cuda: '13.0',
  threads: 8,
  capability: 'AVX512',
  devices: [
    { name: 'cpu', model: '', memoryBytes: null },
    { name: 'cuda:0', model: 'Some GPU', memoryBytes: 80 * 2 ** 30 },
  ],
  trouble: null,
}

test('torch and its devices, and what to do where a driver finds no use', () => {
  const [version, devices] = torchFindings({ kind: 'facts', facts: torch })
  expect(version?.found).toBe('2.13.0 (built for CUDA 13.0)')
  expect(devices).toMatchObject({ state: 'ok', found: 'cpu, cuda:0 (Some GPU, 80 GB)' })
  const unused = { ...torch, cuda: null, trouble: 'no device is visible' }
  expect(torchFindings({ kind: 'facts', facts: unused })[1]).toMatchObject({
    state: 'warning',
    advice: expect.stringContaining('RETOOL_PYTHON'),
  })
  expect(torchFindings({ kind: 'failed', message: 'libcudart.so is missing' })[0]).toMatchObject({
    state: 'missing',
    found: 'does not import: libcudart.so is missing',
  })
})

test('a chosen Python that lacks packages: what that means and the command that installs them', () => {
  const location: Location = {
    python: '/opt/python',
    torchVersion: '2.11.0',
    addon: null,
    cacheFolder: '/cache',
    facts: {
      executable: '/opt/python',
      version: '3.12.1',
      sitePackages: '/opt',
      private: false,
      smollm2: null,
      torch: {
        version: '2.11.0',
        marker: '',
        include: [],
        library: [],
        cxx11Abi: true,
        cuda: null,
      },
      packages: { numpy: '2.4.6', 'math-verify': null, pycosat: null },
    },
  }
  const packages = pythonFindings(location)[1]
  expect(packages).toMatchObject({
    state: 'missing',
    found: 'numpy 2.4.6; missing: math-verify, pycosat',
  })
  expect(packages?.advice).toContain('zebra_puzzles')
  expect(packages?.advice).toContain('/opt/python -m pip install')
  expect(packages?.advice).toContain('math-verify pycosat')
})

test('the sandbox: the tier in use, and why not a stronger one', () => {
  const stronger = {
    tier: 'ns-root',
    usable: false,
    why: 'not root',
    remedy: 'run as root',
  } as const
  const used = { tier: 'ns-user', usable: true, why: '', remedy: '' } as const
  const library = { path: '/cache/fork-loop.so' }
  const found = describe({ tier: 'ns-user', findings: [stronger, used], groups: 'v2' }, library)
  expect(found).toMatchObject({ state: 'ok', found: 'tier ns-user, control groups v2' })
  expect(found.advice).toBe('ns-root: not root; run as root')
  const none = describe({ tier: null, findings: [stronger], groups: null }, library)
  expect(none).toMatchObject({ state: 'missing', advice: 'ns-root: not root; run as root' })
  const strongest = { tier: 'ns-user', findings: [used], groups: 'v2' } as const
  expect(describe(strongest, library).advice).toBeUndefined()
  expect(describe(strongest, { path: null, why: 'spawn cc ENOENT' }).advice).toBe(
    'programs would start sooner with a C compiler (cc, or CC=...): spawn cc ENOENT',
  )
})

test('the report marks each line and ends with the conclusion', () => {
  const report = renderFindings(
    [
      { name: 'Node.js', state: 'ok', found: '20.1.0' },
      { name: 'torch', state: 'missing', found: 'none', advice: 'run: npm run setup' },
    ],
    {},
  )
  expect(report).toBe(
    '✓ Node.js  20.1.0\n✗ torch    none\n           → run: npm run setup\n\nMissing: torch.\n',
  )
})
