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

function unwrapAll(values: Argument[]): NativeArgument[] {
  for (let i = 0; i < values.length; i++) values[i] = unwrap(values[i]) as Argument
  return values as NativeArgument[]
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
  return (...values) => new Tensor(native().call(id(), ...unwrapAll(values)) as number)
}

/** An operator that returns several tensors, or a list of them; undefined ones come as null. */
export function operatorOfSeveral(
  name: string,
  overload = '',
): (...values: Argument[]) => (Tensor | null)[] {
  const id = lookup(name, overload)
  const wrap = (value: NativeResult) => (typeof value === 'number' ? new Tensor(value) : null)
  return (...values) =>
    (native().call(id(), ...unwrapAll(values)) as readonly NativeResult[]).map(wrap)
}

/** An operator that returns a number or a flag, such as `aten::item`. */
export function operatorOfNumber(
  name: string,
  overload = '',
): (...values: Argument[]) => number | boolean {
  const id = lookup(name, overload)
  return (...values) => native().call(id(), ...unwrapAll(values)) as number | boolean
}

/** An operator that is called for its effect on an argument, such as `aten::add_`. */
export function operatorInPlace(name: string, overload = ''): (...values: Argument[]) => void {
  const id = lookup(name, overload)
  return (...values) => {
    native().run(id(), ...unwrapAll(values))
  }
}
