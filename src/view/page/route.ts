// The address of a view: everything that decides what is shown is in it, so that a link names it.
//
//   #/curves?runs=tiny-1,tiny-2&axis=tokens&smooth=0.8

import { computed, signal } from '@preact/signals'

export const viewNames = [
  'overview',
  'curves',
  'figures',
  'trajectories',
  'trajectory',
  'group',
  'problem',
  'warnings',
  'config',
  'system',
] as const

export type ViewName = (typeof viewNames)[number]
export type Parameters = Readonly<Record<string, string>>

export interface Route {
  readonly view: ViewName
  readonly parameters: Parameters
}

export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?')
  const view = viewNames.find((name) => name === path) ?? 'overview'
  return { view, parameters: Object.fromEntries(new URLSearchParams(query)) }
}

export function formatRoute({ view, parameters }: Route): string {
  const kept = Object.entries(parameters).filter(([, value]) => value !== '')
  const query = new URLSearchParams(kept).toString()
  return `#/${view}${query === '' ? '' : `?${query}`}`
}

export const route = signal<Route>(parseRoute(location.hash))

window.addEventListener('hashchange', () => {
  route.value = parseRoute(location.hash)
})

/** Parameters that go along when another view is opened. */
const lasting = ['runs', 'run']

/** The link to a view with these parameters; which runs are chosen goes along. */
export function linkTo(view: ViewName, parameters: Parameters = {}): string {
  const now = route.value.parameters
  const kept = Object.fromEntries(lasting.map((name) => [name, now[name] ?? '']))
  return formatRoute({ view, parameters: { ...kept, ...parameters } })
}

export function open(view: ViewName, parameters: Parameters = {}): void {
  location.hash = linkTo(view, parameters)
}

/** Changes some parameters of the present view; '' removes one. Going back does not step through them. */
export function change(parameters: Parameters): void {
  const { view, parameters: now } = route.value
  const next = { view, parameters: { ...now, ...parameters } }
  history.replaceState(null, '', formatRoute(next))
  route.value = parseRoute(location.hash)
}

export function parameter(name: string, otherwise = ''): string {
  return route.value.parameters[name] ?? otherwise
}

/** The chosen runs as the address names them; empty where it names none. */
export const namedRuns = computed(() => parameter('runs').split(',').filter(Boolean))
