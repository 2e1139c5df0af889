import { afterAll, beforeAll, expect, test } from 'vitest'
import type { PythonProcess } from '../python/python-process.ts'
import { allocate, drawMixture } from './mixture.ts'
import { openGenerator } from './open-generator.ts'
import { questionKey } from './question-key.ts'
import { quickstartDefaults, quickstartMixture } from './quickstart-mixture.ts'
import { generateFamily } from './reasoning-gym.ts'

let generator: PythonProcess
beforeAll(() => {
  generator = openGenerator()
})
afterAll(() => generator.close())

test('sizes follow the weights and add up', () => {
  expect(allocate([1, 1, 1], 10)).toEqual([4, 3, 3])
  expect(allocate([3, 1, 0], 8)).toEqual([6, 2, 0])
  expect(() => allocate([0, 0], 3)).toThrow('positive sum')
})

test('a family problem carries what rebuilds it, and repeats', async () => {
  const request = { family: 'products', seed: 3, start: 4, count: 2, settings: { max_digits: 2 } }
  const [first, second] = await generateFamily(generator, request)
  const [a = 0, b = 0] = String(first?.metadata?.['expression']).split(' * ').map(Number)
  expect(first?.answer).toBe(String(a * b))
  expect(first?.verifier).toMatchObject({ family: 'products', seed: 3, index: 4 })
  expect(await generateFamily(generator, { ...request, start: 5, count: 1 })).toEqual([second])
})

test('a level of difficulty makes numbers longer', async () => {
  const digits = async (difficulty: number) => {
    const request = { family: 'products', seed: 1, start: 0, count: 20, difficulty }
    const problems = await generateFamily(generator, request)
    return problems.reduce((sum, problem) => sum + problem.answer.length, 0)
  }
  expect(await digits(3)).toBeGreaterThan(await digits(0))
})

test('a wrong family, setting or value is refused with the way out', async () => {
  const ask = (family: string, settings: Record<string, unknown> = {}) =>
    generateFamily(generator, { family, seed: 1, start: 0, count: 1, settings })
  await expect(ask('produts')).rejects.toThrow('did you mean products?')
  const misspelled = drawMixture({ families: [{ family: 'shoping' }], size: 1, seed: 1 }, generator)
  await expect(misspelled).rejects.toThrow('did you mean shopping?')
  await expect(ask('products', { max_digit: 3 })).rejects.toThrow('did you mean max_digits?')
  await expect(ask('products', { min_digits: 9 })).rejects.toThrow('max_digits must be >=')
})

test('no answer is so frequent that guessing pays', async () => {
  const families = [{ family: 'gcd', settings: { min_value: 10, max_value: 999 } }]
  const drawn = await drawMixture(
    { families, size: 40, seed: 1, largestAnswerShare: 0.1 },
    generator,
  )
  expect(drawn).toHaveLength(40)
  expect(drawn.filter(({ answer }) => answer === '1').length).toBeLessThanOrEqual(4)
})

test("the quickstart's sets repeat and share no question", async () => {
  const settings = { ...quickstartDefaults, demonstrations: 60, train: 120, heldOut: 48 }
  const sets = await quickstartMixture(settings, generator)
  const { heldOut, toDemonstrate, train } = sets
  expect([heldOut.length, toDemonstrate.length, train.length]).toEqual([48, 60, 120])
  const keys = [...heldOut, ...toDemonstrate, ...train].map(({ question }) => questionKey(question))
  expect(new Set(keys).size).toBe(228)
  const undemonstrated = settings.undemonstrated.map(({ family }) => family)
  expect(toDemonstrate.some(({ source }) => undemonstrated.includes(source))).toBe(false)
  for (const family of undemonstrated) {
    expect(heldOut.filter(({ source }) => source === family)).toHaveLength(3)
  }
  expect(await quickstartMixture(settings, generator)).toEqual(sets)
  const other = await quickstartMixture({ ...settings, seed: 2 }, generator)
  expect(other.heldOut).not.toEqual(heldOut)
})
