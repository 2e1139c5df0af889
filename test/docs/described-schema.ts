// The JSON Schema of recipes, for editors and for `docs/configuration.md`, with the comments of our
// schemas as descriptions: TypeScript keeps them on the types that are inferred.

import { join } from 'node:path'
import ts from 'typescript'
import { type RecipeKind, recipeSchema } from '../../src/config/recipe-kind.ts'
import { root } from './code-blocks.ts'
import { programOf } from './type-check.ts'

type Node = Readonly<Record<string, unknown>>

const types: Readonly<Record<RecipeKind, readonly [string, string]>> = {
  train: ['src/config/train-recipe.ts', 'TrainRecipe'],
  sft: ['src/config/sft-recipe.ts', 'SftRecipe'],
}

/** The text of `recipes/KIND.schema.json`. */
export function describedSchema(kind: RecipeKind): string {
  return `${JSON.stringify(withComments(recipeSchema(kind), kind), null, 2)}\n`
}

/** A JSON Schema of this kind of recipe with the comments of its source as descriptions. */
export function withComments(schema: unknown, kind: RecipeKind): unknown {
  const [file, name] = types[kind]
  const program = programOf([], [file])
  const checker = program.getTypeChecker()
  const alias = program
    .getSourceFile(join(root, file))
    ?.statements.find((one) => ts.isTypeAliasDeclaration(one) && one.name.text === name)
  if (!alias) throw new Error(`${file} declares no type ${name}`)
  return described(schema, checker.getTypeAtLocation(alias), checker)
}

/** The schema with the comments that TypeScript keeps on the type inferred from it. */
function described(node: unknown, type: ts.Type | undefined, checker: ts.TypeChecker): unknown {
  if (!isNode(node)) return node
  const properties = node['properties']
  const variants = (list: unknown) =>
    Array.isArray(list) && list.map((one) => described(one, variantOf(type, one, checker), checker))
  const items = type && checker.getIndexTypeOfType(type, ts.IndexKind.Number)
  return {
    ...node,
    ...(isNode(properties) && { properties: describedProperties(properties, type, checker) }),
    ...(node['items'] !== undefined && { items: described(node['items'], items, checker) }),
    ...(Array.isArray(node['oneOf']) && { oneOf: variants(node['oneOf']) }),
    ...(Array.isArray(node['anyOf']) && { anyOf: variants(node['anyOf']) }),
  }
}

function describedProperties(properties: Node, type: ts.Type | undefined, checker: ts.TypeChecker) {
  const entries = Object.entries(properties).map(([name, inner]) => {
    const symbol = type && checker.getPropertyOfType(type, name)
    const comment = symbol ? symbol.getDocumentationComment(checker) : []
    const description = ts.displayPartsToString(comment).replace(/\s+/g, ' ').trim()
    const innerType = symbol && checker.getNonNullableType(checker.getTypeOfSymbol(symbol))
    const below = described(inner, innerType, checker)
    return [name, isNode(below) && description !== '' ? { description, ...below } : below]
  })
  return Object.fromEntries(entries)
}

/** Of a union, the member that has the variant's properties, and its `kind` where it names one. */
function variantOf(type: ts.Type | undefined, variant: unknown, checker: ts.TypeChecker) {
  if (!type?.isUnion() || !isNode(variant) || !isNode(variant['properties'])) return type
  const names = Object.keys(variant['properties'])
  const { kind } = variant['properties'] as { kind?: { const?: unknown } }
  return type.types.find((member) => {
    const own = checker.getPropertyOfType(member, 'kind')
    const text = own && checker.typeToString(checker.getTypeOfSymbol(own))
    const isKind = kind?.const === undefined || text === JSON.stringify(kind.const)
    return isKind && names.every((name) => checker.getPropertyOfType(member, name))
  })
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
