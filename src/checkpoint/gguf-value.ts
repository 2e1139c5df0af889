// A value of GGUF metadata with its stored type, so that what is read can be written back unchanged.

export type GgufNumberKind =
  | 'uint8'
  | 'int8'
  | 'uint16'
  | 'int16'
  | 'uint32'
  | 'int32'
  | 'float32'
  | 'float64'

/** The kind of one element of an array, or of a value that is none. */
export type GgufKind = GgufNumberKind | 'uint64' | 'int64' | 'bool' | 'string' | 'array'

export type GgufValue =
  | { readonly kind: GgufNumberKind; readonly value: number }
  | { readonly kind: 'uint64' | 'int64'; readonly value: bigint }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'string'; readonly value: string }
  | GgufArray

export type GgufArray =
  | { readonly kind: 'array'; readonly element: GgufNumberKind; readonly values: readonly number[] }
  | {
      readonly kind: 'array'
      readonly element: 'uint64' | 'int64'
      readonly values: readonly bigint[]
    }
  | { readonly kind: 'array'; readonly element: 'bool'; readonly values: readonly boolean[] }
  | { readonly kind: 'array'; readonly element: 'string'; readonly values: readonly string[] }
  | { readonly kind: 'array'; readonly element: 'array'; readonly values: readonly GgufArray[] }

/** Metadata in the file's order. */
export type GgufMetadata = ReadonlyMap<string, GgufValue>

/** The format's number for each kind is its place here. */
export const ggufKinds = [
  'uint8',
  'int8',
  'uint16',
  'int16',
  'uint32',
  'int32',
  'float32',
  'bool',
  'string',
  'array',
  'uint64',
  'int64',
  'float64',
] as const satisfies readonly GgufKind[]

/** Least bytes that a value of the kind takes in a file: bounds what a lying count can ask for. */
export const ggufLeastBytes: Readonly<Record<GgufKind, number>> = {
  uint8: 1,
  int8: 1,
  uint16: 2,
  int16: 2,
  uint32: 4,
  int32: 4,
  float32: 4,
  bool: 1,
  string: 8,
  array: 12,
  uint64: 8,
  int64: 8,
  float64: 8,
}
