// The keyboard: every view can be reached and worked without a mouse.

import { signal } from '@preact/signals'
import { open, type ViewName } from './route.ts'
import { toggleTheme } from './theme.ts'

export const helpOpen = signal(false)

export const viewKeys: Readonly<Record<string, ViewName>> = {
  o: 'overview',
  c: 'curves',
  f: 'figures',
  t: 'trajectories',
  w: 'warnings',
  d: 'config',
  s: 'system',
}

type Action = () => void

const actions = new Map<string, Action>()
let prefixed = false

/** While mounted, `key` runs `action`; returns the way to take it away again. */
export function bindKey(key: string, action: Action): () => void {
  actions.set(key, action)
  return () => {
    if (actions.get(key) === action) actions.delete(key)
  }
}

export function listenToKeys(): void {
  window.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    if (isTyping(event.target)) {
      if (event.key === 'Escape') (event.target as HTMLElement).blur()
      return
    }
    if (event.key === 'Enter' && opensByItself(event.target)) return
    if (press(event.key)) event.preventDefault()
  })
}

/** Whether the key meant something. */
function press(key: string): boolean {
  const view = viewKeys[key]
  if (prefixed) {
    prefixed = false
    if (view) open(view)
    return view !== undefined
  }
  if (key === 'g') prefixed = true
  else if (key === '?') helpOpen.value = !helpOpen.value
  else if (key === 'Escape' && helpOpen.value) helpOpen.value = false
  else if (key === 'T') toggleTheme()
  else {
    const action = actions.get(key)
    action?.()
    return action !== undefined
  }
  return true
}

function opensByItself(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('a, button, summary') !== null
}

/** A checkbox takes the space bar alone, which means nothing here. */
function isTyping(target: EventTarget | null): boolean {
  return (
    (target instanceof HTMLInputElement && target.type !== 'checkbox') ||
    target instanceof HTMLTextAreaElement ||
    target instanceof HTMLSelectElement
  )
}
