import fc from 'fast-check'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { configSchema, knownKeys } from './config-schema.ts'
import { recipeLayer } from './layer.ts'
import type { NoEffectRule } from './no-effect.ts'
import { formatOrigin } from './origin.ts'
import { resolveConfig } from './resolve-config.ts'
import { setLayer } from './set-layer.ts'
import { showConfig } from './show-config.ts'
import { yamlLayer } from './yaml-layer.ts'

const schema = z.strictObject({
  seed: z.int().min(0).default(0),
  model: z.string(),
  learner: z.strictObject({
    learningRate: z.number().positive().default(1e-5),
    clipRange: z
      .strictObject({ low: z.number(), high: z.number() })
      .default({ low: 0.2, high: 0.2 }),
  }),
  advantage: z
    .discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('groupRelative'), scale: z.boolean().default(true) }),
      z.strictObject({ kind: z.literal('gae'), lambda: z.number().default(1) }),
    ])
    .default({ kind: 'groupRelative', scale: true }),
  stops: z.array(z.string()).default([]),
  device: z.enum(['cpu', 'cuda']).default('cpu'),
  threads: z.union([z.number(), z.literal('auto')]).default('auto'),
})

const recipe = recipeLayer('recipes/tiny.ts', {
  model: 'smollm2',
  learner: { learningRate: 2e-5 },
  advantage: { kind: 'groupRelative', scale: false },
})

/** The lines of the message that a file of these contents is refused with. */
function refused(text: string, ...assignments: string[]): string[] {
  try {
    const layers = [recipe, yamlLayer('my.yaml', text), ...assignments.map(setLayer)]
    resolveConfig(schema, layers)
  } catch (error) {
    expect(error).toMatchObject({ name: 'UserError', exitCode: 2 })
    return (error as Error).message.split('\n')
  }
  throw new Error('was not refused')
}

test('later layers go over earlier ones, and every value knows where it came from', () => {
  const { config, values } = resolveConfig(schema, [
    recipe,
    yamlLayer('my.yaml', 'learner:\n  clipRange: { low: 0.1, high: 0.3 }\n'),
    setLayer('learner.clipRange.high=0.28'),
    setLayer('stops=["</code>"]'),
  ])
  expect(config).toEqual({
    seed: 0,
    model: 'smollm2',
    learner: { learningRate: 2e-5, clipRange: { low: 0.1, high: 0.28 } },
    advantage: { kind: 'groupRelative', scale: false },
    stops: ['</code>'],
    device: 'cpu',
    threads: 'auto',
  })
  expect(Object.fromEntries(values.map(({ key, origin }) => [key, formatOrigin(origin)]))).toEqual({
    seed: 'default',
    model: 'recipes/tiny.ts',
    'learner.learningRate': 'recipes/tiny.ts',
    'learner.clipRange.low': 'my.yaml:2:21',
    'learner.clipRange.high': '--set learner.clipRange.high=0.28',
    'advantage.kind': 'recipes/tiny.ts',
    'advantage.scale': 'recipes/tiny.ts',
    stops: '--set stops=["</code>"]',
    device: 'default',
    threads: 'default',
  })
})

test('the value is frozen all the way down', () => {
  const { config } = resolveConfig(schema, [recipe])
  expect(() => Object.assign(config.learner.clipRange, { low: 1 })).toThrow(/read only/)
})

test('a change of kind leaves the keys of the old kind behind', () => {
  const { config } = resolveConfig(schema, [recipe, setLayer('advantage={ kind: gae }')])
  expect(config.advantage).toEqual({ kind: 'gae', lambda: 1 })
})

test('an unknown key is named with its place and the nearest known one', () => {
  expect(refused('seed: 1\nlearner:\n  learningRat: 1e-6\n')).toEqual([
    'my.yaml:3:3: learner.learningRat: unknown key; did you mean learningRate?',
  ])
  expect(refused('', 'advantage.lambda=0.9')).toEqual([
    '--set advantage.lambda=0.9: advantage.lambda: unknown key; known are kind, scale',
  ])
})

test('a key that belongs elsewhere is told where', () => {
  expect(refused('learningRate: 1e-6\n')).toEqual([
    'my.yaml:1:1: learningRate: unknown key; did you mean learner.learningRate?',
  ])
})

test('a wrong value is named with what was expected and what was found, all at once', () => {
  expect(refused('seed: 1.5\nlearner:\n  learningRate: fast\nstops: none\n')).toEqual([
    'my.yaml:1:7: seed: expected a whole number, found 1.5',
    'my.yaml:3:17: learner.learningRate: expected a number, found "fast"',
    'my.yaml:4:8: stops: expected a list, found "none"',
  ])
  expect(refused('seed: -1')).toEqual([
    'my.yaml:1:7: seed: expected a number of at least 0, found -1',
  ])
  expect(refused('', 'advantage.kind=gaee', 'device=cudaa')).toEqual([
    '--set advantage.kind=gaee: advantage.kind: expected one of "groupRelative", "gae", ' +
      'found "gaee"; did you mean gae?',
    '--set device=cudaa: device: expected one of "cpu", "cuda", found "cudaa"; did you mean cuda?',
  ])
  expect(refused('threads: many')).toEqual([
    'my.yaml:1:10: threads: expected a number or "auto", found "many"',
  ])
  expect(() => resolveConfig(schema, [setLayer('learner={}')])).toThrow(
    'model: expected a text, found nothing; this key has no default',
  )
})

test('text that is no YAML, no record or no assignment is refused at its place', () => {
  expect(() => yamlLayer('bad.yaml', 'a: [1,\nb: 2')).toThrow(/^bad\.yaml:\d+:\d+: /)
  expect(() => yamlLayer('list.yaml', '- 1')).toThrow('list.yaml:1:1: expected keys with values')
  expect(() => yamlLayer('twice.yaml', 'a: 1\na: 2')).toThrow(/^twice\.yaml:2:1: /)
  expect(() => setLayer('seed')).toThrow(/expected key=value/)
  expect(() => setLayer('a..b=1')).toThrow(/expected key=value/)
})

test('a key that somebody gave although it counts for nothing is refused; a default is not', () => {
  const rules: NoEffectRule<z.output<typeof schema>>[] = [
    {
      path: ['learner', 'clipRange'],
      ineffective: (config) => config.seed === 0,
      because: 'seed is 0',
    },
  ]
  expect(resolveConfig(schema, [recipe], rules).config.seed).toBe(0)
  expect(() =>
    resolveConfig(schema, [recipe, setLayer('learner.clipRange={ low: 1, high: 1 }')], rules),
  ).toThrow('learner.clipRange: has no effect, since seed is 0; leave it out')
})

test('what is shown resolves to the same configuration', () => {
  const assignment = fc.oneof(
    fc.nat().map((seed) => `seed=${seed}`),
    fc.double({ min: 1e-9, max: 1, noNaN: true }).map((rate) => `learner.learningRate=${rate}`),
    fc.constantFrom('advantage={ kind: gae, lambda: 0.95 }', 'stops=[a, "b: c"]', 'model="# x"'),
  )
  fc.assert(
    fc.property(fc.array(assignment, { maxLength: 5 }), (assignments) => {
      const { config, values } = resolveConfig(schema, [recipe, ...assignments.map(setLayer)])
      const again = resolveConfig(schema, [yamlLayer('shown.yaml', showConfig(values))])
      expect(again.config).toEqual(config)
    }),
    { numRuns: 50 },
  )
})

test('shown values carry their origin as a comment', () => {
  const { values } = resolveConfig(schema, [recipe, setLayer('seed=7')])
  const lines = showConfig(values).split('\n')
  expect(lines[0]).toMatch(/^seed: 7 +# --set seed=7$/)
  expect(lines).toContainEqual(
    expect.stringMatching(/^ {2}learningRate: 0\.00002 +# recipes\/tiny\.ts$/),
  )
})

test('the JSON Schema knows keys, alternatives and defaults', () => {
  expect(configSchema(schema)).toMatchObject({
    additionalProperties: false,
    properties: { seed: { type: 'integer', default: 0 } },
    required: ['model', 'learner'],
  })
  expect(knownKeys(schema, { advantage: { kind: 'gae' } }, ['advantage'])).toEqual([
    'kind',
    'lambda',
  ])
})
