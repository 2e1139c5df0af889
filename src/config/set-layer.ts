// One `--set learner.learningRate=1e-5` of the command line.

import { parseDocument } from 'yaml'
import { UserError } from '../base/errors.ts'
import type { Layer, PlainRecord } from './layer.ts'

/** The value is read as YAML: numbers, true, null, text, `[1, 2]`, `{ low: 0.2, high: 0.28 }`. */
export function setLayer(assignment: string): Layer {
  const text = `--set ${assignment}`
  const equals = assignment.indexOf('=')
  const path = assignment.slice(0, Math.max(0, equals)).split('.')
  if (equals < 1 || path.some((key) => key.trim() === '')) {
    throw new UserError(`${text}: expected key=value, such as --set learner.learningRate=1e-5`, 2)
  }
  const document = parseDocument(assignment.slice(equals + 1))
  const [error] = document.errors
  if (error) throw new UserError(`${text}: ${error.message}`, 2)
  return {
    value: nested(path, document.toJS()),
    originOf: () => ({ kind: 'option', text }),
  }
}

function nested(path: readonly string[], value: unknown): PlainRecord {
  const [key = '', ...rest] = path
  return { [key]: rest.length === 0 ? value : nested(rest, value) }
}
