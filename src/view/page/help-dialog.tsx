// What the keys do.

import { useEffect, useRef } from 'preact/hooks'
import { helpOpen, viewKeys } from './keys.ts'

const keys: readonly (readonly [string, string])[] = [
  ...Object.entries(viewKeys).map(([key, view]) => [`g ${key}`, view] as const),
  ['j  k', 'next, previous row'],
  ['Enter', 'open the row'],
  ['/', 'search'],
  ['u', 'back to the list'],
  ['[  ]', 'previous, next member of the group'],
  ['m', 'text or tokens'],
  ['h', 'next heat colour'],
  ['←  →', 'token before, after (in the token view)'],
  ['T', 'light or dark'],
  ['?', 'this help'],
]

export function HelpDialog() {
  const button = useRef<HTMLButtonElement>(null)
  useEffect(() => {
    if (helpOpen.value) button.current?.focus()
  }, [helpOpen.value])
  if (!helpOpen.value) return null
  const close = () => {
    helpOpen.value = false
  }
  return (
    <div class="dialog-back">
      <div class="dialog" role="dialog" aria-modal="true" aria-label="Keys">
        <h2>Keys</h2>
        <dl class="keys">
          {keys.map(([key, meaning]) => (
            <div key={key}>
              <dt>
                {key.split(/\s+/).map((one) => (
                  <kbd key={one}>{one}</kbd>
                ))}
              </dt>
              <dd>{meaning}</dd>
            </div>
          ))}
        </dl>
        <p class="quiet">In a chart, dragging zooms in and a double click zooms out.</p>
        <button ref={button} type="button" class="button" onClick={close}>
          Close
        </button>
      </div>
    </div>
  )
}
