// The full resolved configuration as text, with where each value came from: `recipe show`.

import { formatOrigin } from './origin.ts'
import type { ResolvedValue } from './resolve-config.ts'

/** Longer lines push no comments of others to the right. */
const longestAligned = 80

/**
 * YAML that resolves to the same configuration, each line with its origin as a comment:
 *
 *   seed: 7                    # --set seed=7
 *   learner:
 *     learningRate: 0.00001    # default
 */
export function showConfig(values: readonly ResolvedValue[]): string {
  const lines: { readonly text: string; readonly origin: string }[] = []
  let open: readonly string[] = []
  for (const { key, value, origin } of values) {
    const path = key.split('.')
    const records = path.slice(0, -1)
    const shared = records.findIndex((name, depth) => open[depth] !== name)
    const from = shared < 0 ? records.length : shared
    for (const [offset, name] of records.slice(from).entries()) {
      lines.push({ text: `${'  '.repeat(from + offset)}${name}:`, origin: '' })
    }
    open = records
    const text = `${'  '.repeat(records.length)}${path.at(-1)}: ${JSON.stringify(value)}`
    lines.push({ text, origin: formatOrigin(origin) })
  }
  const lengths = lines.filter(({ origin }) => origin).map(({ text }) => text.length)
  const width = Math.max(0, ...lengths.filter((length) => length <= longestAligned))
  return lines
    .map(({ text, origin }) => (origin === '' ? text : `${text.padEnd(width)}  # ${origin}`))
    .join('\n')
    .concat('\n')
}
