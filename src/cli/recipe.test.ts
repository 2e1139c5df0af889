import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { scratchFolder } from '../../test/scratch-folder.ts'
import { newProject } from './new/new-project.ts'
import { listRecipes } from './recipe/list-recipes.ts'
import { showRecipe } from './recipe/show-recipe.ts'
import { writeSchema } from './recipe/write-schema.ts'

const root = scratchFolder()

test('show names the default, the line of the file and the option that gave each value', async () => {
  const file = join(root, 'mine.yaml')
  writeFileSync(
    file,
    'extends: tiny\nlearner:\n  learningRate: 1.0e-3\nrollout: { groupSize: 8 }\n',
  )
  const text = await showRecipe(file, { set: ['seed=7'] })
  expect(text).toMatch(/^# retool-rl train /)
  expect(text).toMatch(/\nseed: 7 +# --set seed=7\n/)
  expect(text).toContain(`learningRate: 0.001`)
  expect(text).toContain(`# ${file}:3:17\n`)
  expect(text).toMatch(/\nsteps: 4 +# .*recipes\/tiny.ts\n/)
  expect(text).toMatch(/\nmaskTruncated: false +# default\n/)
  const shown = JSON.parse(await showRecipe(file, { set: [], json: true }))
  expect(shown).toMatchObject({ command: 'train', config: { rollout: { groupSize: 8 } } })
  expect(shown.values).toContainEqual({
    key: 'rollout.groupSize',
    value: 8,
    origin: { kind: 'file', file, line: 4, column: 23 },
  })
  await expect(showRecipe(file, { set: ['seeed=7'] })).rejects.toThrow(/did you mean seed/)
})

test('the list says what each recipe is for', async () => {
  expect(await listRecipes({})).toMatch(/\ntiny +train +The smallest run worth looking at\.\n/)
  expect(JSON.parse(await listRecipes({ json: true }))).toContainEqual(
    expect.objectContaining({ name: 'tiny-sft', command: 'sft' }),
  )
})

test('a schema goes to standard output or into a file', () => {
  const text = writeSchema({ for: 'sft' })
  expect(JSON.parse(text)).toMatchObject({ properties: { extends: {}, demonstrations: {} } })
  const output = join(root, 'schema.json')
  expect(writeSchema({ for: 'sft', output })).toBe(`${output}\n`)
  expect(readFileSync(output, 'utf8')).toBe(text)
})

test('a new project has its own name and versions, and no folder is ever overwritten', () => {
  const folder = join(root, 'my-project')
  expect(newProject(folder, {})).toContain('npm run train')
  const made = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  expect(made).toMatchObject({ name: 'my-project', scripts: { train: expect.any(String) } })
  const all = { ...made.dependencies, ...made.devDependencies }
  expect(Object.values(all).filter((version) => version === '*')).toEqual([])
  expect(existsSync(join(folder, '.gitignore'))).toBe(true)
  expect(() => newProject(folder, {})).toThrow(/found one that exists/)
  expect(() => newProject(join(root, 'Bad Name'), {})).toThrow(/as npm wants it/)
})
