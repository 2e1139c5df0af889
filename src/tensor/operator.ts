// Operators of libtorch by name: found on first use, then called by number.

import { type NativeArgument, type NativeResult, native } from './native.ts'
import { Tensor } from './tensor.ts'

/** What TypeScript hands to an operator; its schema decides what each place means. */
export type Argument =
  | Tensor
  | number
  | bigint
  | boolean
  | string
  | null
  | undefined
  | readonly Argument[]

function unwrap(value: Argument): NativeArgument {
  if (value instanceof Tensor) return value.handle
  if (Array.isArray(value)) return value.map(unwrap)
  return value as NativeArgument
}

/** Spelled out for few arguments: an array made for the call costs a tenth of a small operator. */
function invoke(id: number, values: readonly Argument[]): NativeResult {
  const [a, b, c] = values
  switch (values.length) {
    case 1:
      return native().call(id, unwrap(a))
    case 2:
      return native().call(id, unwrap(a), unwrap(b))
    case 3:
      return native().call(id, unwrap(a), unwrap(b), unwrap(c))
    default:
      return native().call(id, ...values.map(unwrap))
  }
}

function lookup(name: string, overload: string): () => number {
  let id = -1
  return () => {
    if (id === -1) id = native().findOperator(`${name}`, overload)
    return id
  }
}

/** An operator that returns one tensor, such as `operator('aten::add', 'Tensor')`. */
export function operator(name: string, overload = ''): (...values: Argument[]) => Tensor {
  const id = lookup(name, overload)
  return (...values) => new Tensor(invoke(id(), values) as number)
}

/** An operator that returns several tensors, or a list of them; undefined ones come as null. */
export function operatorOfSeveral(
  name: string,
  overload = '',
): (...values: Argument[]) => (Tensor | null)[] {
  const id = lookup(name, overload)
  const wrap = (value: NativeResult) => (typeof value === 'number' ? new Tensor(value) : null)
  return (...values) => (invoke(id(), values) as readonly NativeResult[]).map(wrap)
}

/** An operator that returns a number or a flag, such as `aten::item`. */
export function operatorOfNumber(
  name: string,
  overload = '',
): (...values: Argument[]) => number | boolean {
  const id = lookup(name, overload)
  return (...values) => invoke(id(), values) as number | boolean
}

/** An operator that is called for its effect on an argument, such as `aten::add_`. */
export function operatorInPlace(name: string, overload = ''): (...values: Argument[]) => void {
  const id = lookup(name, overload)
  return (...values) => {
    native().run(id(), ...values.map(unwrap))
  }
}
