// What a person gets wrong at the sandbox's commands: exit code 2, the flag's name, nothing on standard
// output, and no sandbox that stays.

import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { scratchFolder } from '../../../test/scratch-folder.ts'
import { outcomeOf } from '../outcome.fixture.ts'

const folder = scratchFolder()
const before = process.cwd()
beforeAll(() => {
  process.chdir(folder)
  writeFileSync('ok.py', 'print(1)')
  writeFileSync('nul.py', 'print(1)\0')
  writeFileSync('most.py', `print(1)${'#'.repeat(9_999_992)}`)
  writeFileSync('big.py', '#'.repeat(10_000_001))
  writeFileSync('bytes.py', Buffer.from([0x22, 0xff, 0x22]))
  writeFileSync('empty.py', '')
  mkdirSync('folder')
  symlinkSync('nowhere.py', 'link.py')
})
afterAll(() => process.chdir(before))

test.each([
  ['run', /missing required argument 'file'/],
  ['run ok.py more', /too many arguments for 'run'/],
  ['run nowhere.py', /^error: nowhere.py: no such file$/m],
  ['run link.py', /^error: link.py: no such file$/m],
  ['run folder', /^error: folder: expected a file, found a folder$/m],
  ['run bytes.py', /^error: bytes.py: not UTF-8; save the file as UTF-8$/m],
  ['run big.py', /^error: big.py: more than 10000000 bytes$/m],
  ['run /dev/zero', /^error: \/dev\/zero: more than 10000000 bytes$/m],
  ['run ok.py --jsn', /unknown option '--jsn'[\s\S]*Did you mean --json/],
  ['run ok.py --timeout-ms', /'--timeout-ms <number>' argument missing/],
  ['run ok.py --timeout-ms 0', /--timeout-ms: expected a whole number from 1, got 0$/m],
  ['run ok.py --timeout-ms -1', /--timeout-ms: .* got -1$/m],
  ['run ok.py --timeout-ms 1e12', /--timeout-ms: .* from 1 to 3600000, got 1000000000000$/m],
  ['run ok.py --memory-mb 1', /--memory-mb: .* from 16 to 1048576, got 1$/m],
  ['run ok.py --memory-mb much', /--memory-mb: .* got much$/m],
  ['run ok.py --seed 1e30', /--seed: expected a whole number from 0, got 1e30$/m],
  ['run ok.py --stdin nowhere', /--stdin nowhere: no such file$/m],
  ['run ok.py --stdin bytes.py', /--stdin bytes.py: not UTF-8/],
  ['run ok.py --tier ns-rot', /--tier: no tier "ns-rot"; did you mean ns-root\?$/m],
  ['run ok.py --python /nowhere', /--python: .*\/nowhere.* could not be run/],
  ['run ok.py --preload nope', /--preload: nope: No module named 'nope'$/m],
  ['run ok.py --repeat 0', /--repeat: .* from 1, got 0$/m],
  ['run ok.py --repeat 2 --concurrency 0', /--concurrency: .* from 1, got 0$/m],
  ['run ok.py --repeat 2 --json', /--json: the result of --repeat is a table/],
  ['run ok.py --concurrency 4', /--concurrency: .* give --repeat too$/m],
  ['run ok.py --token x', /--token: only servers are shown one, and there are none$/m],
  ['run ok.py --server ftp://x', /--server: expected addresses such as .* got "ftp:\/\/x"$/m],
  ['run ok.py --server http://127.0.0.1:9 --python p', /--python: servers decide that/],
  ['serve more', /too many arguments for 'serve'/],
  ['serve --prot 1', /unknown option '--prot'[\s\S]*Did you mean --port/],
  ['serve --port 70000', /--port: expected a whole number from 0 to 65535, got 70000$/m],
  ['serve --port -1', /--port: .* got -1$/m],
  ['serve --host 0.0.0.0', /--host 0.0.0.0: .* give --token TEXT, or --no-token to allow it$/m],
  ['serve --host 0.0.0.0 --token=', /--token: .* it is empty$/m],
  ['serve --workers 5000', /--workers: expected a whole number from 1 to 1024, got 5000$/m],
  ['serve --slots 65', /--slots: .* from 1 to 64, got 65$/m],
  ['serve --queue -1', /--queue: .* from 0, got -1$/m],
  ['serve --queue 1e9', /--queue: .* from 0 to 10000000, got 1000000000$/m],
  ['serve --memory-mb 1', /--memory-mb: .* from 16 to 1048576, got 1$/m],
  ['serve --tier none', /--tier: no tier "none"; expected one of ns-root/],
  ['serve --workers 1 --preload nope', /--preload: nope: No module named/],
  ['serve --workers 1 --preload= --host nowhere.invalid --no-token', /--host nowhere.invalid/],
])('sandbox %s: refused', async (line, message) => {
  const { code, out, said } = await outcomeOf('sandbox', ...line.split(' '))
  expect([code, out, said]).toEqual([2, '', expect.stringMatching(message)])
  await expect.poll(processes).toBe(0)
})

/** Children of ours that live. */
function processes(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'ProcessWrap').length
}

test.each([
  ['run empty.py', { code: 0, out: '', said: '' }],
  ['run most.py', { code: 0, out: '1\n', said: '' }],
  ['run nul.py', { code: 1, out: expect.stringMatching(/^SyntaxError: /), said: '' }],
  [
    'run ok.py --server http://127.0.0.1:9',
    { code: 3, said: expect.stringContaining('no sandbox') },
  ],
])('sandbox %s: odd, but no wrong use', async (line, expected) => {
  expect(await outcomeOf('sandbox', ...line.split(' '))).toMatchObject(expected)
})
