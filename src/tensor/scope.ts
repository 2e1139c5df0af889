// Scopes free what was made inside them, also when something throws.

import { disposeAll, setOwner, type Tensor, type TensorOwner } from './tensor.ts'

class Scope implements TensorOwner {
  readonly #tensors: Tensor[] = []

  own(tensor: Tensor): void {
    this.#tensors.push(tensor)
  }

  /** Frees everything but `kept`, which goes to the scope around this one. */
  close(kept: ReadonlySet<unknown>, outer: TensorOwner | null): void {
    if (kept.size === 0) {
      disposeAll(this.#tensors)
      return
    }
    for (const tensor of this.#tensors) if (kept.has(tensor)) outer?.own(tensor)
    disposeAll(this.#tensors.filter((tensor) => !kept.has(tensor)))
  }
}

/**
 * Runs `body` and frees every tensor made in it except those in what it returns (a tensor, or
 * arrays, maps and plain records of tensors, at any depth); these go to the enclosing scope, or to
 * the caller. Tensor code is synchronous: a promise is refused.
 */
export function scope<T>(body: () => T): T {
  const inner = new Scope()
  const outer = setOwner(inner)
  let kept: ReadonlySet<unknown> = new Set()
  try {
    const result = body()
    if (result instanceof Promise) {
      throw new Error('defect: a scope must not be asynchronous; tensors never cross an await')
    }
    kept = reachable(result, new Set())
    return result
  } finally {
    setOwner(outer)
    inner.close(kept, outer)
  }
}

/**
 * Runs `body` so that the tensors it makes belong to nobody but the caller: for long-lived owners
 * such as weights and caches, which dispose them themselves.
 */
export function unowned<T>(body: () => T): T {
  const outer = setOwner(null)
  try {
    return body()
  } finally {
    setOwner(outer)
  }
}

/** Everything in plain containers below `value`. */
function reachable(value: unknown, found: Set<unknown>): Set<unknown> {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return found
  if (found.has(value)) return found
  found.add(value)
  if ('handle' in value) return found
  const children = value instanceof Map ? value.values() : Object.values(value)
  for (const child of children) reachable(child, found)
  return found
}
