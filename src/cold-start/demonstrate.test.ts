import { afterAll, beforeAll, expect, test } from 'vitest'
import { drawMixture } from '../data/mixture.ts'
import { openGenerator } from '../data/open-generator.ts'
import type { Problem } from '../data/problem.ts'
import { stories } from '../data/stories.ts'
import type { PythonProcess } from '../python/python-process.ts'
import { demonstrate } from './demonstrate.ts'
import { familyPlans } from './family-code.ts'
import { pythonTool } from './python-tool.fixture.ts'

let generator: PythonProcess
let problems: readonly Problem[]
const { signal } = new AbortController()

beforeAll(async () => {
  generator = openGenerator()
  const families = [...Object.keys(familyPlans), ...stories.map(({ name }) => name)].map(
    (family) => ({
      family,
      ...(family === 'time_intervals' && { settings: { task_types: ['time', 'time_seconds'] } }),
    }),
  )
  problems = await drawMixture({ families, size: families.length, seed: 5 }, generator)
})
afterAll(() => generator.close())

test('every rule gives the reference answer by really running its code', async () => {
  const settings = { seed: 1, withoutCode: 0, corrections: 0 }
  const { kept, dropped } = await demonstrate(problems, settings, pythonTool, signal)
  expect(dropped).toEqual([])
  for (const { problem, turns, closing } of kept) {
    expect(turns).toHaveLength(1)
    expect(turns[0]?.output.text).toBe(problem.answer)
    expect(closing).toMatchObject({ answer: problem.answer })
  }
})

test('shares of text alone and of corrections come out, and the same seed repeats', async () => {
  const some = problems.filter(({ source }) => source !== 'prime_factorization')
  const settings = { seed: 2, withoutCode: 0.3, corrections: 0.5 }
  const first = await demonstrate(some, settings, pythonTool, signal)
  expect(await demonstrate(some, settings, pythonTool, signal)).toEqual(first)
  const byText = first.kept.filter(({ turns }) => turns.length === 0)
  const corrected = first.kept.filter(({ turns }) => turns.length === 2)
  expect(byText.length).toBeGreaterThan(2)
  expect(corrected.length).toBeGreaterThan(2)
  for (const { turns } of corrected) {
    expect(turns.map(({ output }) => output.ok)).toEqual([false, true])
    expect(turns[0]?.output.text).toContain('Error')
  }
})

test('a family without a rule is dropped with its reason', async () => {
  const [problem] = await drawMixture(
    { families: [{ family: 'maze' }], size: 1, seed: 1 },
    generator,
  )
  const settings = { seed: 1, withoutCode: 0, corrections: 0 }
  const { kept, dropped } = await demonstrate(
    problem ? [problem] : [],
    settings,
    pythonTool,
    signal,
  )
  expect(kept).toEqual([])
  expect(dropped[0]?.reason).toBe('no rule for the family maze')
})
