import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { scratchFolder } from '../../test/scratch-folder.ts'
import { liveTensors } from '../tensor/memory.ts'
import { scope } from '../tensor/scope.ts'
import { readFloats, tensorFrom } from '../tensor/transfer.ts'
import type { WeightState } from '../update/weight-updater.ts'
import { bestCheckpoint, type KeepOptions, newestCheckpoint, saveCheckpoint } from './checkpoint.ts'

let folder: string
beforeEach(() => {
  folder = scratchFolder()
})

// A subnormal, minus zero and numbers that no decimal text holds.
const numbers = Float32Array.of(1 / 3, -0, 1e-42, Math.PI, -1e30, 2)

function save(
  step: number,
  value: number | null = null,
  keep: KeepOptions = { newest: 2, best: true },
) {
  scope(() => {
    const scaled = numbers.map((number) => number * step)
    const tensors = new Map([
      ['a.master', tensorFrom(scaled, [2, 3])],
      ['a.steps', tensorFrom(Float32Array.of(step), [])],
    ])
    const weights = { learner: { steps: step, tensors } }
    saveCheckpoint(folder, { step, value, config: 'mine', state: { at: step }, weights }, keep)
  })
}

const warnings: string[] = []
function newest() {
  warnings.length = 0
  return newestCheckpoint(folder, 'mine', (message) => warnings.push(message))
}

test('what was saved comes back bit for bit', () => {
  const alive = liveTensors().count
  save(3)
  const saved = newest()
  expect(saved).toMatchObject({ step: 3, value: null, state: { at: 3 } })
  let restored: [number, string, Float32Array][] = []
  const restore = ({ steps, tensors }: WeightState) => {
    restored = [...tensors].map(([name, tensor]) => [steps, name, readFloats(tensor)])
  }
  saved?.restore('learner', { restore })
  expect(restored).toHaveLength(2)
  const [, , found] = restored.find(([, name]) => name === 'a.master') ?? []
  const bits = (values: Iterable<number> = []) => [
    ...new Uint32Array(Float32Array.from(values).buffer),
  ]
  expect(bits(found)).toEqual(bits(numbers.map((number) => number * 3)))
  expect(restored[0]?.[0]).toBe(3)
  expect(() => saved?.restore('critic', { restore })).toThrow(/has no critic/)
  expect(liveTensors().count).toBe(alive)
})

test('of damaged ones none is best: the next takes its place', () => {
  save(1, 0.2, { newest: 3, best: true })
  save(2, 0.9, { newest: 3, best: true })
  save(3, 0.4, { newest: 3, best: true })
  expect(bestCheckpoint(folder, 'mine')?.step).toBe(2)
  appendFileSync(join(folder, 'step-000002', 'learner.safetensors'), 'x')
  expect(bestCheckpoint(folder, 'mine')?.step).toBe(3)
  expect(() => bestCheckpoint(folder, 'other')).toThrow('another configuration')
})

test('the newest and the best stay', () => {
  for (const [step, value] of [0.2, 0.9, 0.1, 0.3, 0.2].entries()) save(step + 1, value)
  expect(readdirSync(folder)).toEqual(['step-000002', 'step-000004', 'step-000005'])
  save(6, null, { newest: 1, best: false })
  expect(readdirSync(folder)).toEqual(['step-000006'])
})

const damages: Readonly<Record<string, (path: string) => void>> = {
  'weights cut short': (path) => truncateSync(join(path, 'learner.safetensors'), 100),
  'a flipped byte': (path) => {
    const file = join(path, 'learner.safetensors')
    const bytes = readFileSync(file)
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
    writeFileSync(file, bytes)
  },
  'a changed state': (path) => {
    const file = join(path, 'checkpoint.json')
    writeFileSync(file, readFileSync(file, 'utf8').replace('"at": 2', '"at": 7'))
  },
  'weights that are gone': (path) => rmSync(join(path, 'learner.safetensors')),
  'no JSON': (path) => appendFileSync(join(path, 'checkpoint.json'), '}'),
  'an empty folder': (path) => {
    rmSync(path, { recursive: true })
    mkdirSync(path)
  },
}
for (const [name, damage] of Object.entries(damages)) {
  test(`a damaged checkpoint is passed over with a message: ${name}`, () => {
    save(1)
    save(2)
    damage(join(folder, 'step-000002'))
    expect(newest()?.step).toBe(1)
    expect(warnings).toEqual([expect.stringContaining('step-000002 is damaged and passed over')])
    save(2)
    expect(newest()?.step).toBe(2)
    expect(warnings).toEqual([])
  })
}

test('what a kill left half-written is no checkpoint, and goes with the next one', () => {
  save(1)
  const partial = join(folder, 'step-000002.partial-1')
  mkdirSync(partial)
  writeFileSync(join(partial, 'learner.safetensors'), 'half')
  expect(newest()?.step).toBe(1)
  expect(warnings).toEqual([])
  save(2)
  expect(existsSync(partial)).toBe(false)
})

test('the checkpoint of another configuration is refused; none at all is none', () => {
  expect(newest()).toBeNull()
  save(1)
  expect(() => newestCheckpoint(folder, 'other', () => undefined)).toThrow(/another configuration/)
})
