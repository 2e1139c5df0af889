// Many listeners on one signal: an EventTarget would look through all of them at each addition.

const listenersOf = new WeakMap<AbortSignal, Set<() => void>>()

/** Calls `listener` when the signal is aborted, unless the returned function was called before. */
export function onAbort(signal: AbortSignal, listener: () => void): () => void {
  const known = listenersOf.get(signal)
  const listeners = known ?? new Set()
  if (!known) {
    listenersOf.set(signal, listeners)
    const tellAll = () => {
      for (const tell of listeners) tell()
    }
    signal.addEventListener('abort', tellAll, { once: true })
  }
  listeners.add(listener)
  return () => listeners.delete(listener)
}
