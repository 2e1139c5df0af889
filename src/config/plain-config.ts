// A configuration as plain JSON, for the run folder and for looking at: functions by their names.

import { isPlainRecord } from './layer.ts'

/**
 * Tools, rewards and problems of the user's own hold functions, which no file can keep.
 *
 *   { tools: [{ name: 'clock', call: [Function: call] }] } -> { tools: [{ name: 'clock', call: 'function call' }] }
 */
export function plainConfig(value: unknown): unknown {
  if (typeof value === 'function') return `function ${value.name || 'without name'}`
  if (Array.isArray(value)) return value.map(plainConfig)
  if (!isPlainRecord(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plainConfig(inner)]))
}
