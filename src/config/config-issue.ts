// What is wrong with a configuration, in words: place, key, what was expected, what was found.

import type { z } from 'zod'
import { nearest } from '../base/nearest.ts'
import { knownKeys, placesOfKey } from './config-schema.ts'
import { formatPath, type Path, valueAt } from './layer.ts'
import type { Merged } from './merge-layers.ts'
import { formatOrigin } from './origin.ts'

type Issue = z.core.$ZodIssue

/** One line for each thing that is wrong. */
export function describeIssues(
  schema: z.ZodType,
  merged: Merged,
  issues: readonly Issue[],
): readonly string[] {
  return issues.flatMap((issue) => describeIssue(schema, merged, issue))
}

function describeIssue(schema: z.ZodType, merged: Merged, issue: Issue): string[] {
  const path = issue.path.map((key) => (typeof key === 'symbol' ? String(key) : key))
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(schema, merged.value, path)
    return issue.keys.map((key) => {
      const place = placeOf(merged, [...path, key], 'key')
      return `${place}${formatPath([...path, key])}: unknown key; ${adviceOn(schema, path, key, known)}`
    })
  }
  if (issue.code === 'invalid_union') return describeUnion(schema, merged, issue)
  const found = valueAt(merged.value, path)
  const head = `${placeOf(merged, path, 'value')}${formatPath(path) || 'the configuration'}`
  return [
    found === undefined
      ? `${head}: expected ${expected(issue)}, found nothing; this key has no default`
      : `${head}: expected ${expected(issue)}, found ${shortJson(found)}` +
        didYouMean(found, issue.code === 'invalid_value' ? issue.values : []),
  ]
}

/** Of an alternative by kind, the kinds; of another, what the alternative that came closest says. */
function describeUnion(
  schema: z.ZodType,
  merged: Merged,
  issue: Extract<Issue, { code: 'invalid_union' }>,
): string[] {
  const path = issue.path.map((key) => (typeof key === 'symbol' ? String(key) : key))
  const discriminator = 'discriminator' in issue ? issue.discriminator : undefined
  if (typeof discriminator === 'string') {
    const inner = path.at(-1) === discriminator ? path : [...path, discriminator]
    const found = valueAt(merged.value, inner)
    const options = 'options' in issue && Array.isArray(issue.options) ? issue.options : []
    return [
      `${placeOf(merged, inner, 'value')}${formatPath(inner)}: expected ` +
        `${options.length > 0 ? oneOf(options) : 'a known kind'}, found ${shortJson(found)}` +
        didYouMean(found, options),
    ]
  }
  if (issue.errors.every((errors) => errors.every((inner) => inner.path.length === 0))) {
    const wanted = issue.errors.flat().map(expected).join(' or ')
    const found = valueAt(merged.value, path)
    const place = placeOf(merged, path, 'value')
    return [`${place}${formatPath(path)}: expected ${wanted}, found ${shortJson(found)}`]
  }
  const closest = [...issue.errors].sort((a, b) => a.length - b.length)[0] ?? []
  return closest.flatMap((inner) =>
    describeIssue(schema, merged, { ...inner, path: [...issue.path, ...inner.path] }),
  )
}

function didYouMean(found: unknown, values: readonly unknown[]): string {
  const suggestion = typeof found === 'string' ? nearest(found, values.map(String)) : undefined
  return suggestion === undefined ? '' : `; did you mean ${suggestion}?`
}

function adviceOn(schema: z.ZodType, path: Path, key: string, known: readonly string[]): string {
  const suggestion = nearest(key, known)
  if (suggestion !== undefined) return `did you mean ${suggestion}?`
  const places = placesOfKey(schema, key)
  // Known right here, but to another kind: then no other place is meant.
  const isOfAnotherKind = places.includes(formatPath([...path, key]))
  if (places.length > 0 && !isOfAnotherKind)
    return `did you mean ${places.slice(0, 3).join(' or ')}?`
  return known.length === 0 ? 'nothing is expected here' : `known are ${known.join(', ')}`
}

/** `tiny.yaml:3:5: `, or nothing where no layer gave the value or its record. */
function placeOf(merged: Merged, path: Path, part: 'key' | 'value'): string {
  const layer = merged.layerOf(path)
  return layer ? `${formatOrigin(layer.originOf(path, part))}: ` : ''
}

function expected(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.expected === 'int' ? 'a whole number' : `a ${typeName(issue.expected)}`
    case 'invalid_value':
      return oneOf(issue.values)
    case 'too_small':
      return `${size(issue.origin)} ${issue.inclusive ? 'of at least' : 'above'} ${issue.minimum}`
    case 'too_big':
      return `${size(issue.origin)} ${issue.inclusive ? 'of at most' : 'below'} ${issue.maximum}`
    case 'not_multiple_of':
      return `a multiple of ${issue.divisor}`
    default:
      return issue.message
  }
}

function typeName(expectedType: string): string {
  return { object: 'record', array: 'list', string: 'text' }[expectedType] ?? expectedType
}

function size(origin: string): string {
  return { string: 'a text with a length', array: 'a list with a length' }[origin] ?? 'a number'
}

function oneOf(values: readonly unknown[]): string {
  const texts = values.map((value) => JSON.stringify(value))
  return texts.length === 1 ? String(texts[0]) : `one of ${texts.join(', ')}`
}

const longestShown = 80

function shortJson(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > longestShown ? `${text.slice(0, longestShown)}...` : text
}
