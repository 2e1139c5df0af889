import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { scratchFolder } from '../../test/scratch-folder.ts'
import { loadRecipe } from './load-recipe.ts'
import { mergeLayers } from './merge-layers.ts'
import { formatOrigin } from './origin.ts'

const root = scratchFolder()

function write(name: string, text: string): string {
  writeFileSync(join(root, name), text)
  return join(root, name)
}

test('a YAML recipe builds on a code recipe beside it', async () => {
  write('base.mjs', 'export function recipe() { return { seed: 1, learner: { rate: 0.1 } } }')
  const mine = write('mine.yaml', 'extends: ./base.mjs\nlearner:\n  rate: 0.2\n')
  const merged = mergeLayers(await loadRecipe(mine))
  expect(merged.value).toEqual({ seed: 1, learner: { rate: 0.2 } })
  const origin = merged.layerOf(['learner', 'rate'])?.originOf(['learner', 'rate'], 'value')
  expect(origin && formatOrigin(origin)).toBe(`${mine}:3:9`)
})

test('missing, circular and empty recipes are refused by name', async () => {
  await expect(loadRecipe('no-such-recipe')).rejects.toThrow(/recipe no-such-recipe: expected/)
  const circle = write('circle.yaml', 'extends: ./circle.yaml\n')
  await expect(loadRecipe(circle)).rejects.toThrow(/extends itself/)
  const empty = write('empty.mjs', 'export const other = 1')
  await expect(loadRecipe(empty)).rejects.toThrow(/no export of this name/)
  const odd = write('odd.yaml', 'extends: 7\n')
  await expect(loadRecipe(odd)).rejects.toThrow(/expected a recipe's name, found 7/)
})
