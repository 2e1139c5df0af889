// Adds tags to a run, or removes them.

import { findRun } from '../../run/find-run.ts'
import { overview } from '../../run/run-overview.ts'
import { changeTags } from '../../run/tag-writer.ts'

export interface TagOptions {
  readonly root: string
  readonly remove?: boolean
  readonly json?: boolean
}

/** The run's tags as they are afterwards. */
export function tagRun(name: string, tags: readonly string[], options: TagOptions): string {
  const path = findRun(options.root, name)
  changeTags(path, options.remove ? { add: [], remove: tags } : { add: tags, remove: [] })
  const left = overview(path).tags
  if (options.json) return `${JSON.stringify({ run: name, tags: left })}\n`
  return `${name}: ${left.join(' ') || 'no tags'}\n`
}
