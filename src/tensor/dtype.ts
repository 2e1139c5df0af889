// Element types: our names, libtorch's codes, and the typed arrays that hold them.

/** Codes of c10::ScalarType. */
const codes = {
  uint8: 0,
  int8: 1,
  int16: 2,
  int32: 3,
  int64: 4,
  float16: 5,
  float32: 6,
  float64: 7,
  bool: 11,
  bfloat16: 15,
} as const

export type DType = keyof typeof codes

/** The typed array that holds each dtype; bfloat16 and float16 are read as their raw 16 bits. */
export interface ArrayOf {
  readonly uint8: Uint8Array
  readonly int8: Int8Array
  readonly int16: Int16Array
  readonly int32: Int32Array
  readonly int64: BigInt64Array
  readonly float16: Uint16Array
  readonly float32: Float32Array
  readonly float64: Float64Array
  readonly bool: Uint8Array
  readonly bfloat16: Uint16Array
}

const constructors = {
  uint8: Uint8Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  float16: Uint16Array,
  float32: Float32Array,
  float64: Float64Array,
  bool: Uint8Array,
  bfloat16: Uint16Array,
} as const

const names = new Map<number, DType>(
  Object.entries(codes).map(([name, code]) => [code, name as DType]),
)

export function dtypeCode(dtype: DType): number {
  return codes[dtype]
}

export function dtypeOfCode(code: number): DType {
  const name = names.get(code)
  if (name === undefined) throw new Error(`defect: dtype code ${code} has no name here`)
  return name
}

/** Bytes of one element. */
export function dtypeBytes(dtype: DType): number {
  return constructors[dtype].BYTES_PER_ELEMENT
}

/** A zeroed typed array for `length` elements of a dtype. */
export function arrayFor<D extends DType>(dtype: D, length: number): ArrayOf[D] {
  return new constructors[dtype](length) as unknown as ArrayOf[D]
}

/** A typed array over a buffer that holds elements of a dtype. */
export function viewOf<D extends DType>(dtype: D, buffer: ArrayBuffer): ArrayOf[D] {
  return new constructors[dtype](buffer) as unknown as ArrayOf[D]
}
