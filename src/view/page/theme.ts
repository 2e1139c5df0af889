// Light and dark: as the system has it until somebody chooses.

import { signal } from '@preact/signals'

export type Theme = 'light' | 'dark'

const stored = 'retool-theme'
const system = matchMedia('(prefers-color-scheme: dark)')

export const theme = signal<Theme>(initial())

function initial(): Theme {
  const chosen = localStorage.getItem(stored)
  if (chosen === 'light' || chosen === 'dark') return chosen
  return system.matches ? 'dark' : 'light'
}

export function applyTheme(): void {
  theme.subscribe((value) => {
    document.documentElement.dataset['theme'] = value
  })
  system.addEventListener('change', () => {
    theme.value = initial()
  })
}

export function toggleTheme(): void {
  theme.value = theme.value === 'dark' ? 'light' : 'dark'
  localStorage.setItem(stored, theme.value)
}
