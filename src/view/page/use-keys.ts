// Keys that mean something while a component is shown.

import { useEffect, useRef } from 'preact/hooks'
import { bindKey } from './keys.ts'

/** Each key runs its action of the latest render, so that actions see the present state. */
export function useKeys(actions: Readonly<Record<string, () => void>>): void {
  const latest = useRef(actions)
  latest.current = actions
  const keys = Object.keys(actions).join(' ')
  useEffect(() => {
    const unbind = keys.split(' ').map((key) => bindKey(key, () => latest.current[key]?.()))
    return () => {
      for (const remove of unbind) remove()
    }
  }, [keys])
}
