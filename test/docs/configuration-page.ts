// `docs/configuration.md` from the schemas: keys, types, defaults and meanings.

import { configSchema } from '../../src/config/config-schema.ts'
import { sftRecipeSchema } from '../../src/config/sft-recipe.ts'
import { trainRecipeSchema } from '../../src/config/train-recipe.ts'
import { withComments } from './described-schema.ts'
import { type SchemaNode, valueText } from './schema-text.ts'

const title = `# Configuration

Every key of a recipe, made from the schemas in \`src/config/\`. A recipe is a YAML file or a TypeScript file
that exports \`recipe()\`; \`--set key=value\` goes over it. Keys with a default may be left out. A key that
is unknown, a value that does not fit and an option that would have no effect are errors.

Batch sizes count trajectories. Where a record has a \`kind\`, the other keys depend on it.
`

/** The whole page. */
export function configurationPage(): string {
  const train = withComments(configSchema(trainRecipeSchema), 'train') as SchemaNode
  const sft = withComments(configSchema(sftRecipeSchema), 'sft') as SchemaNode
  return [
    title,
    '## `retool-rl train RECIPE`\n',
    ...sections(train, {}),
    '## `retool-rl sft RECIPE`\n',
    ...sections(sft, train.properties ?? {}),
  ].join('\n')
}

interface Row {
  readonly key: string
  readonly value: string
  readonly fallback: string
  readonly meaning: string
}

/** Plain keys in one table, then a table for each record; records that `known` has are named only. */
function sections(schema: SchemaNode, known: Readonly<Record<string, SchemaNode>>): string[] {
  const rows = rowsBelow(schema, '')
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

/** A row for each key below `schema`, in the schema's order; of alternatives, `kind` says which. */
function rowsBelow(schema: SchemaNode, path: string, kind = ''): Row[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, node]) => {
    if (kind !== '' && name === 'kind') return []
    const key = path === '' ? name : `${path}.${name}`
    const below = rowsOfValue(node, key)
    const meaning = [kind && `of \`${kind}\``, node.description].filter(Boolean).join(': ')
    const isBareRecord = node.properties && meaning === '' && below.length > 0
    if (isBareRecord) return below
    const fallback = fallbackText(node, schema.required?.includes(name) ?? false)
    return [
      { key, value: valueText(node), fallback, meaning: meaning.replaceAll('|', '\\|') },
      ...below,
    ]
  })
}

function rowsOfValue(node: SchemaNode, key: string): Row[] {
  if (node.items) return rowsOfValue(node.items, `${key}[]`)
  const variants = node.oneOf ?? node.anyOf
  if (!variants) return rowsBelow(node, key)
  return variants.flatMap((variant) => {
    const kind = variant.properties?.['kind']?.const
    return typeof kind === 'string' ? rowsBelow(variant, key, kind) : rowsOfValue(variant, key)
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
