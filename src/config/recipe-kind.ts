// The kinds of recipes, one for each command that runs them.

import type { z } from 'zod'
import { configSchema } from './config-schema.ts'
import { isPlainRecord, type Layer, type PlainRecord } from './layer.ts'
import { mergeLayers } from './merge-layers.ts'
import { type Resolved, resolveConfig } from './resolve-config.ts'
import { sftRecipeRules, sftRecipeSchema } from './sft-recipe.ts'
import { trainRecipeSchema } from './train-recipe.ts'
import { trainRecipeRules } from './train-recipe-rules.ts'

export const recipeKinds = ['train', 'sft'] as const

/** Named like the command that runs it. */
export type RecipeKind = (typeof recipeKinds)[number]

const schemas: Readonly<Record<RecipeKind, z.ZodType>> = {
  train: trainRecipeSchema,
  sft: sftRecipeSchema,
}

/** By the key that only recipes of `sft` have and cannot do without. */
export function recipeKindOf(layers: readonly Layer[]): RecipeKind {
  return 'demonstrations' in mergeLayers(layers).value ? 'sft' : 'train'
}

/** Throws UserError that names everything that is wrong. */
export function resolveRecipe(kind: RecipeKind, layers: readonly Layer[]): Resolved<unknown> {
  return kind === 'sft'
    ? resolveConfig(sftRecipeSchema, layers, sftRecipeRules)
    : resolveConfig(trainRecipeSchema, layers, trainRecipeRules)
}

/**
 * The JSON Schema by which editors complete and check a YAML recipe. One that builds on another
 * (`extends`) may leave out what that one says, so nothing inside is required.
 */
export function recipeSchema(kind: RecipeKind): PlainRecord {
  const { $schema, properties, required, ...rest } = configSchema(schemas[kind])
  const description = 'The recipe that this one builds on: a name or a path.'
  return {
    $schema,
    title: `A recipe of retool-rl ${kind}`,
    ...rest,
    properties: {
      extends: { type: 'string', description },
      ...(withoutRequired(properties) as PlainRecord),
    },
    anyOf: [{ required: ['extends'] }, { required }],
  }
}

/** Without what makes keys necessary, but for those that tell alternatives apart. */
function withoutRequired(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutRequired)
  if (!isPlainRecord(value)) return value
  const kept = Object.entries(value).flatMap(([key, inner]) => {
    if (key !== 'required' || !Array.isArray(inner)) return [[key, withoutRequired(inner)]]
    const telling = inner.filter((name) => ['kind', 'from', 'own'].includes(name))
    return telling.length > 0 ? [[key, telling]] : []
  })
  return Object.fromEntries(kept)
}
