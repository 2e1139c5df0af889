// Keys that mean something while a component is shown.

import { useEffect } from 'preact/hooks'
import { bindKey } from './keys.ts'

/** Rebinds at every render, so that actions see the present state. */
export function useKeys(actions: Readonly<Record<string, () => void>>): void {
  useEffect(() => {
    const unbind = Object.entries(actions).map(([key, action]) => bindKey(key, action))
    return () => {
      for (const remove of unbind) remove()
    }
  })
}
