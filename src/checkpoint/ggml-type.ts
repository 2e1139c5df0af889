// The ways in which a GGUF file may store a tensor: numbers per block, and bytes per block.

/** A storage type; its identifier in the file is the table's key. */
export type GgmlType = (typeof ggmlTypes)[number]['name']

const ggmlTypes = [
  { id: 0, name: 'F32', block: 1, bytes: 4 },
  { id: 1, name: 'F16', block: 1, bytes: 2 },
  { id: 2, name: 'Q4_0', block: 32, bytes: 18 },
  { id: 3, name: 'Q4_1', block: 32, bytes: 20 },
  { id: 6, name: 'Q5_0', block: 32, bytes: 22 },
  { id: 7, name: 'Q5_1', block: 32, bytes: 24 },
  { id: 8, name: 'Q8_0', block: 32, bytes: 34 },
  { id: 9, name: 'Q8_1', block: 32, bytes: 40 },
  { id: 10, name: 'Q2_K', block: 256, bytes: 84 },
  { id: 11, name: 'Q3_K', block: 256, bytes: 110 },
  { id: 12, name: 'Q4_K', block: 256, bytes: 144 },
  { id: 13, name: 'Q5_K', block: 256, bytes: 176 },
  { id: 14, name: 'Q6_K', block: 256, bytes: 210 },
  { id: 15, name: 'Q8_K', block: 256, bytes: 292 },
  { id: 16, name: 'IQ2_XXS', block: 256, bytes: 66 },
  { id: 17, name: 'IQ2_XS', block: 256, bytes: 74 },
  { id: 18, name: 'IQ3_XXS', block: 256, bytes: 98 },
  { id: 19, name: 'IQ1_S', block: 256, bytes: 50 },
  { id: 20, name: 'IQ4_NL', block: 32, bytes: 18 },
  { id: 21, name: 'IQ3_S', block: 256, bytes: 110 },
  { id: 22, name: 'IQ2_S', block: 256, bytes: 82 },
  { id: 23, name: 'IQ4_XS', block: 256, bytes: 136 },
  { id: 24, name: 'I8', block: 1, bytes: 1 },
  { id: 25, name: 'I16', block: 1, bytes: 2 },
  { id: 26, name: 'I32', block: 1, bytes: 4 },
  { id: 27, name: 'I64', block: 1, bytes: 8 },
  { id: 28, name: 'F64', block: 1, bytes: 8 },
  { id: 29, name: 'IQ1_M', block: 256, bytes: 56 },
  { id: 30, name: 'BF16', block: 1, bytes: 2 },
  { id: 34, name: 'TQ1_0', block: 256, bytes: 54 },
  { id: 35, name: 'TQ2_0', block: 256, bytes: 66 },
  { id: 39, name: 'MXFP4', block: 32, bytes: 17 },
] as const

/** Layout of a storage type: `block` consecutive numbers of a row lie in `bytes` bytes. */
export type GgmlLayout = {
  readonly id: number
  readonly name: GgmlType
  readonly block: number
  readonly bytes: number
}

const byId = new Map<number, GgmlLayout>(ggmlTypes.map((type) => [type.id, type]))
const byName = new Map<string, GgmlLayout>(ggmlTypes.map((type) => [type.name, type]))

/** The layout with this identifier, or undefined where no such type is known. */
export function ggmlLayout(id: number): GgmlLayout | undefined {
  return byId.get(id)
}

/** The layout of a named type. */
export function ggmlLayoutOf(name: GgmlType): GgmlLayout {
  const layout = byName.get(name)
  if (!layout) throw new Error(`defect: no layout for ${name}`)
  return layout
}
