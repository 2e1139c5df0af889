// `docs/configuration.md` from the schemas: keys, types and defaults out of their JSON Schema,
// meanings out of the comments in them, which TypeScript keeps on the inferred types.

import { join } from 'node:path'
import ts from 'typescript'
import { configSchema } from '../../src/config/config-schema.ts'
import { sftRecipeSchema } from '../../src/config/sft-recipe.ts'
import { trainRecipeSchema } from '../../src/config/train-recipe.ts'
import { root } from './code-blocks.ts'
import { type SchemaNode, valueText } from './schema-text.ts'
import { programOf } from './type-check.ts'

const title = `# Configuration

Every key of a recipe, made from the schemas in \`src/config/\`. A recipe is a YAML file or a TypeScript file
that exports \`recipe()\`; \`--set key=value\` goes over it. Keys with a default may be left out. A key that
is unknown, a value that does not fit and an option that would have no effect are errors.

Batch sizes count trajectories. Where a record has a \`kind\`, the other keys depend on it.
`

/** The whole page. */
export function configurationPage(): string {
  const program = programOf([], ['src/config/train-recipe.ts', 'src/config/sft-recipe.ts'])
  const train = configSchema(trainRecipeSchema) as SchemaNode
  const sft = configSchema(sftRecipeSchema) as SchemaNode
  const trainType = typeNamed(program, 'src/config/train-recipe.ts', 'TrainRecipe')
  const sftType = typeNamed(program, 'src/config/sft-recipe.ts', 'SftRecipe')
  const checker = program.getTypeChecker()
  return [
    title,
    '## `retool-rl train RECIPE`\n',
    ...sections(train, trainType, checker, {}),
    '## `retool-rl sft RECIPE`\n',
    ...sections(sft, sftType, checker, train.properties ?? {}),
  ].join('\n')
}

function typeNamed(program: ts.Program, file: string, name: string): ts.Type {
  const source = program.getSourceFile(join(root, file))
  const alias = source?.statements.find(
    (statement) => ts.isTypeAliasDeclaration(statement) && statement.name.text === name,
  )
  if (!alias) throw new Error(`${file} declares no type ${name}`)
  return program.getTypeChecker().getTypeAtLocation(alias)
}

interface Row {
  readonly key: string
  readonly value: string
  readonly fallback: string
  readonly meaning: string
}

/** Plain keys in one table, then a table for each record; records that `known` has are named only. */
function sections(
  schema: SchemaNode,
  type: ts.Type,
  checker: ts.TypeChecker,
  known: Readonly<Record<string, SchemaNode>>,
): string[] {
  const rows = new RowMaker(checker).rows(schema, type, '')
  const isRecord = (key: string) =>
    rows.some((row) => row.key.startsWith(`${key}.`) || row.key.startsWith(`${key}[]`))
  const names = Object.keys(schema.properties ?? {})
  const plain = rows.filter(({ key }) => names.includes(key) && !isRecord(key))
  const records = names.filter(isRecord).map((name) => {
    const same = JSON.stringify(known[name]) === JSON.stringify(schema.properties?.[name])
    if (same) return `### \`${name}\`\n\nAs above, in \`retool-rl train\`.\n`
    const own = rows.filter(({ key }) => key.split(/[.[]/)[0] === name)
    return `### \`${name}\`\n\n${table(own)}\n`
  })
  return [table(plain), '', ...records]
}

function table(rows: readonly Row[]): string {
  const line = ({ key, value, fallback, meaning }: Row) =>
    `| \`${key}\` | ${value} | ${fallback} | ${meaning} |`
  return ['| key | value | default | |', '| --- | --- | --- | --- |', ...rows.map(line)].join('\n')
}

class RowMaker {
  constructor(private readonly checker: ts.TypeChecker) {}

  /** A row for each key below `schema`, in the schema's order; `type` is the type inferred from it. */
  rows(schema: SchemaNode, type: ts.Type | undefined, path: string, kind = ''): Row[] {
    const required = schema.required ?? []
    return Object.entries(schema.properties ?? {}).flatMap(([name, node]) => {
      if (kind !== '' && name === 'kind') return []
      const symbol = type && this.checker.getPropertyOfType(type, name)
      const key = path === '' ? name : `${path}.${name}`
      const inner = symbol && this.checker.getTypeOfSymbol(symbol)
      const below = this.below(node, inner, key)
      const said = node.description ?? (symbol && this.comment(symbol))
      const meaning = [kind && `of \`${kind}\``, said]
      const row: Row = {
        key,
        value: valueText(node),
        fallback: fallbackText(node, required.includes(name)),
        meaning: meaning.filter(Boolean).join(': ').replaceAll('|', '\\|'),
      }
      const isBareRecord = node.properties && row.meaning === '' && below.length > 0
      return isBareRecord ? below : [row, ...below]
    })
  }

  private below(node: SchemaNode, type: ts.Type | undefined, key: string): Row[] {
    const present = type && this.checker.getNonNullableType(type)
    if (node.items)
      return this.below(node.items, present && element(present, this.checker), `${key}[]`)
    const variants = node.oneOf ?? node.anyOf
    if (!variants) return this.rows(node, present, key)
    return variants.flatMap((variant) => {
      const kind = variant.properties?.['kind']?.const
      if (typeof kind !== 'string') return this.below(variant, recordOf(present), key)
      return this.rows(variant, variantOf(present, kind, this.checker), key, kind)
    })
  }

  private comment(symbol: ts.Symbol): string {
    const text = ts.displayPartsToString(symbol.getDocumentationComment(this.checker))
    return text.replace(/\s+/g, ' ').trim()
  }
}

function element(type: ts.Type, checker: ts.TypeChecker): ts.Type | undefined {
  return checker.getIndexTypeOfType(type, ts.IndexKind.Number)
}

/** Of a union, the member that has properties of its own. */
function recordOf(type: ts.Type | undefined): ts.Type | undefined {
  if (!type?.isUnion()) return type
  return type.types.find((member) => member.flags & ts.TypeFlags.Object)
}

function variantOf(type: ts.Type | undefined, kind: string, checker: ts.TypeChecker) {
  const members = type?.isUnion() ? type.types : type ? [type] : []
  return members.find((member) => {
    const symbol = checker.getPropertyOfType(member, 'kind')
    return symbol && checker.typeToString(checker.getTypeOfSymbol(symbol)) === `"${kind}"`
  })
}

function fallbackText(node: SchemaNode, required: boolean): string {
  if (node.default === undefined) return required ? 'required' : ''
  const text = JSON.stringify(node.default)
    .replace(/"(\w+)"/g, '$1')
    .replace(/([:,{])/g, '$1 ')
    .replace(/}/g, ' }')
  return `\`${text}\``
}
