// Tells open pages, by server-sent events, which runs have changed. The databases are looked at once
// a second, and only while somebody listens.

import { Hono } from 'hono'
import { streamSSE } from 'hono/streaming'
import type { RunLibrary } from './run-library.ts'

const lookEveryMs = 1_000
/** Proxies and browsers drop connections that stay silent. */
const aliveEveryLooks = 15

/** `/live`: an event `changed` with the keys of the runs that have changed, as JSON. */
export function live(library: RunLibrary): Hono {
  const app = new Hono()
  app.get('/live', (context) =>
    streamSSE(context, async (stream) => {
      let open = true
      stream.onAbort(() => {
        open = false
      })
      let before = versions(library)
      await stream.writeSSE({ event: 'hello', data: '{}' })
      for (let looks = 1; open; looks++) {
        await stream.sleep(lookEveryMs)
        const now = versions(library)
        const changed = changedKeys(before, now)
        before = now
        if (changed.length > 0) {
          await stream.writeSSE({ event: 'changed', data: JSON.stringify(changed) })
        } else if (looks % aliveEveryLooks === 0) {
          await stream.writeSSE({ event: 'alive', data: '{}' })
        }
      }
    }),
  )
  return app
}

/** A text for each run that changes with what was written, or when its process is gone. */
function versions(library: RunLibrary): Map<string, string> {
  return new Map(
    [...library.list()].map(([key, reader]) => [
      key,
      `${reader.dataVersion()} ${reader.state()?.status}`,
    ]),
  )
}

/** Keys that came, went or have another version. */
export function changedKeys(
  before: ReadonlyMap<string, string>,
  now: ReadonlyMap<string, string>,
): string[] {
  return [...new Set([...before.keys(), ...now.keys()])].filter(
    (key) => before.get(key) !== now.get(key),
  )
}
