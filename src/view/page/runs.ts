// Which runs there are, which are chosen, and in which colour each is drawn.

import { computed, signal } from '@preact/signals'
import type { RunOverview } from '../../run/run-overview.ts'
import { change, namedRuns, parameter } from './route.ts'

export type KeyedRun = RunOverview & { readonly key: string }

export const allRuns = signal<readonly KeyedRun[] | null>(null)

const chosenAtFirst = 4

/** As the address names them; otherwise the newest few. */
export const chosenRuns = computed<readonly string[]>(() => {
  const runs = allRuns.value ?? []
  const known = new Set(runs.map(({ key }) => key))
  const named = namedRuns.value.filter((key) => known.has(key))
  if (named.length > 0) return named
  return runs
    .filter(({ state }) => state !== null)
    .sort((a, b) => (b.state?.started ?? 0) - (a.state?.started ?? 0))
    .slice(0, chosenAtFirst)
    .map(({ key }) => key)
    .sort()
})

/** The one run whose trajectories are shown. */
export const currentRun = computed<string | undefined>(() => {
  const named = parameter('run')
  const known = allRuns.value?.some(({ key }) => key === named)
  return known ? named : chosenRuns.value[0]
})

export function toggleRun(key: string): void {
  const now = chosenRuns.value
  const next = now.includes(key) ? now.filter((other) => other !== key) : [...now, key].sort()
  change({ runs: next.join(',') })
}

const palette = [
  '#4c6ef5',
  '#f76707',
  '#12b886',
  '#e64980',
  '#7950f2',
  '#1c9cd8',
  '#c99a00',
  '#82c91e',
  '#d6336c',
  '#868e96',
]

/** By place in the list of all runs, so that a run keeps its colour when others are chosen. */
export function colourOf(key: string): string {
  const index = (allRuns.value ?? []).findIndex((run) => run.key === key)
  return palette[Math.max(0, index) % palette.length] ?? '#868e96'
}
