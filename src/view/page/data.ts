// Fetches what a view shows, again whenever its run changes; what was seen before shows at once.

import { useEffect, useState } from 'preact/hooks'
import { anyVersion, versions } from './live.ts'

export interface Loaded<T> {
  readonly data: T | undefined
  readonly error: string | undefined
}

const seen = new Map<string, unknown>()
const seenLimit = 300

/** Throws with the server's own words where it refuses. */
export async function fetchJson<T>(address: string, signal?: AbortSignal): Promise<T> {
  const response = await fetch(address, signal ? { signal } : {})
  const body = await response.json()
  if (!response.ok) throw new Error(String((body as { error?: string }).error ?? response.status))
  return body as T
}

/** `run` names whose changes matter; without it, those of all runs do. Null fetches nothing. */
export function useData<T>(address: string | null, run?: string): Loaded<T> {
  const version = run === undefined ? anyVersion.value : (versions.value[run] ?? 0)
  const [state, setState] = useState<Loaded<T> & { readonly address: string | null }>({
    address: null,
    data: undefined,
    error: undefined,
  })
  useEffect(() => {
    if (address === null) return
    const controller = new AbortController()
    fetchJson<T>(address, controller.signal).then(
      (data) => {
        remember(address, data)
        setState({ address, data, error: undefined })
      },
      (error: Error) => {
        if (!controller.signal.aborted) setState({ address, data: undefined, error: error.message })
      },
    )
    return () => controller.abort()
  }, [address, version])
  if (address === null) return { data: undefined, error: undefined }
  if (state.address === address) return state
  return { data: seen.get(address) as T | undefined, error: undefined }
}

function remember(address: string, data: unknown): void {
  seen.delete(address)
  seen.set(address, data)
  for (const oldest of seen.keys()) {
    if (seen.size <= seenLimit) break
    seen.delete(oldest)
  }
}

/** An address of the API below one run. */
export function runAddress(
  run: string,
  path: string,
  query: Readonly<Record<string, string | number | undefined>> = {},
): string {
  const kept = Object.entries(query).flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [[name, String(value)] as [string, string]],
  )
  const text = new URLSearchParams(kept).toString()
  return `api/runs/${encodeURIComponent(run)}${path}${text === '' ? '' : `?${text}`}`
}
