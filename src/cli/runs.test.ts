import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command } from 'commander'
import { expect, test, vi } from 'vitest'
import { scratchFolder } from '../../test/scratch-folder.ts'
import { RunFolder } from '../run/folder.ts'
import { addRunsCommand } from './runs.ts'

const root = scratchFolder()

for (const [name, rate] of [
  ['one', 0.1],
  ['two', 0.2],
] as const) {
  const config = { learner: { rate }, seed: 1 }
  const run = RunFolder.create(join(root, name), { command: 'train', config, totalSteps: 1 })
  run.recordMetrics(1, { loss: rate * 10 })
  run.finish()
}

/** What `retool-rl runs ...` prints to standard output. */
async function runs(...parameters: string[]): Promise<string> {
  const program = new Command().exitOverride().configureOutput({ writeErr: () => {} })
  addRunsCommand(program)
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  try {
    await program.parseAsync(['runs', ...parameters, '--root', root], { from: 'user' })
    return write.mock.calls.map(([text]) => String(text)).join('')
  } finally {
    write.mockRestore()
  }
}

test('list, tag, compare, export, delete', async () => {
  expect(JSON.parse(await runs('list', '--json'))).toMatchObject([
    { name: 'one', state: { status: 'finished', step: 1 } },
    { name: 'two' },
  ])
  await runs('tag', 'two', 'good', 'late')
  expect(await runs('tag', 'two', 'late', '--remove')).toBe('two: good\n')
  expect(JSON.parse(await runs('tag', 'two', 'good', '--json'))).toEqual({
    run: 'two',
    tags: ['good'],
  })
  expect(JSON.parse(await runs('list', '--json', '--tag', 'good'))).toMatchObject([{ name: 'two' }])
  expect(await runs('list')).toContain('finished')

  expect(JSON.parse(await runs('compare', 'one', 'two', '--json'))).toMatchObject({
    config: [{ key: 'learner.rate', values: [0.1, 0.2] }],
    metrics: [{ name: 'loss', values: [1, 2] }],
  })

  const output = join(root, 'metrics.csv')
  await runs('export', 'one', '--output', output)
  expect(readFileSync(output, 'utf8')).toContain('1,loss,1,')
  await expect(runs('export', 'one', '--output', 'x.txt')).rejects.toThrow(/\.parquet/)

  await expect(runs('delete', 'one')).rejects.toThrow(/--yes/)
  expect(JSON.parse(await runs('delete', 'one', '--yes', '--json'))).toEqual({
    deleted: [join(root, 'one')],
  })
  expect(existsSync(join(root, 'one'))).toBe(false)
  await expect(runs('tag', 'twoo', 'x')).rejects.toThrow(/did you mean two/)
})
