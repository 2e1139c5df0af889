// Many listeners on one signal: an EventTarget would look through all of them at each addition, and Node
// would warn of a leak from the eleventh on.

interface Listeners {
  readonly all: Set<() => void>
  readonly tellAll: () => void
}

const listenersOf = new WeakMap<AbortSignal, Listeners>()

/** Calls `listener` when the signal is aborted, unless the returned function was called before. */
export function onAbort(signal: AbortSignal, listener: () => void): () => void {
  const { all, tellAll } = listenersOf.get(signal) ?? firstListeners(signal)
  all.add(listener)
  return () => {
    all.delete(listener)
    if (all.size > 0 || listenersOf.get(signal)?.all !== all) return
    listenersOf.delete(signal)
    signal.removeEventListener('abort', tellAll)
  }
}

function firstListeners(signal: AbortSignal): Listeners {
  const all = new Set<() => void>()
  const tellAll = () => {
    for (const tell of all) tell()
  }
  const listeners = { all, tellAll }
  listenersOf.set(signal, listeners)
  signal.addEventListener('abort', tellAll, { once: true })
  return listeners
}
