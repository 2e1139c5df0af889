// A recipe or part of one as a YAML file, with the line and column of every key and value.

import { type Document, isMap, isNode, isScalar, LineCounter, type Node, parseDocument } from 'yaml'
import { UserError } from '../base/errors.ts'
import { isPlainRecord, type Layer, type Path } from './layer.ts'
import type { Origin } from './origin.ts'

/** Throws UserError, with file, line and column, where the text is no YAML or no record. */
export function yamlLayer(file: string, text: string): Layer {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const [error] = document.errors
  if (error) {
    const { line, col } = lines.linePos(error.pos[0])
    throw new UserError(`${file}:${line}:${col}: ${error.message}`)
  }
  const value: unknown = document.toJS() ?? {}
  if (!isPlainRecord(value)) {
    throw new UserError(
      `${file}:1:1: expected keys with values, such as \`seed: 7\`, found ${describe(value)}`,
    )
  }
  return {
    value,
    originOf: (path, part) => {
      const node = nodeAt(document, path, part)
      const { line, col } = lines.linePos(node?.range?.[0] ?? 0)
      return { kind: 'file', file, line, column: col } satisfies Origin
    },
  }
}

function describe(value: unknown): string {
  return Array.isArray(value) ? 'a list' : JSON.stringify(value)
}

/** The node of the key or of the value; of the nearest record around it where it has none. */
function nodeAt(document: Document, path: Path, part: 'key' | 'value'): Node | null {
  if (path.length === 0) return isNode(document.contents) ? document.contents : null
  const last = path.at(-1)
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true)
  if (part === 'key' && isMap(parent)) {
    const pair = parent.items.find(({ key }) => isScalar(key) && key.value === last)
    if (pair && isNode(pair.key)) return pair.key
  }
  const node = document.getIn(path, true)
  return isNode(node) ? node : nodeAt(document, path.slice(0, -1), part)
}
