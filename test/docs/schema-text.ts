// What a value of a configuration may be, in words, from its JSON Schema.

/** The parts of JSON Schema that zod writes. */
export interface SchemaNode {
  readonly type?: string
  readonly description?: string
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly default?: unknown
  readonly properties?: Readonly<Record<string, SchemaNode>>
  readonly required?: readonly string[]
  readonly items?: SchemaNode
  readonly oneOf?: readonly SchemaNode[]
  readonly anyOf?: readonly SchemaNode[]
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
}

/** `whole number from 1`, `constant, linear or cosine`, `number above 0, or null`. */
export function valueText(node: SchemaNode): string {
  if (node.const !== undefined) return `\`${String(node.const)}\``
  if (node.enum) return node.enum.map((value) => `\`${String(value)}\``).join(', ')
  const variants = node.oneOf ?? node.anyOf
  if (variants) return variantsText(variants)
  switch (node.type) {
    case 'array':
      return `list of ${node.items?.properties ? 'records' : valueText(node.items ?? {})}`
    case 'object':
      return 'record'
    case 'integer':
      return `whole number${bounds(node)}`
    case 'number':
      return `number${bounds(node)}`
    case 'boolean':
      return '`true` or `false`'
    case 'null':
      return 'null'
    case undefined:
      return 'a value of TypeScript'
    default:
      return 'text'
  }
}

function variantsText(variants: readonly SchemaNode[]): string {
  const kinds = variants.flatMap(({ properties }) => {
    const kind = properties?.['kind']?.const
    return kind === undefined ? [] : [`\`${String(kind)}\``]
  })
  if (kinds.length === variants.length) return `record by \`kind\`: ${kinds.join(', ')}`
  return variants.map(valueText).join(', or ')
}

function bounds({ minimum, maximum, exclusiveMinimum }: SchemaNode): string {
  const least = minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER ? ` from ${minimum}` : ''
  const above = exclusiveMinimum === undefined ? '' : ` above ${exclusiveMinimum}`
  const most = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER ? ` to ${maximum}` : ''
  return `${above}${least}${most}`
}
