// Finds the answer in what the policy wrote, in time linear in the text's length.

import { lastBoxed } from '../base/last-boxed.ts'

/** Where an answer stood: in an answer tag (boxed or not), in a box, or it is just the last number. */
export type AnswerPlace = 'taggedBox' | 'tag' | 'box' | 'number'

export interface ExtractedAnswer {
  readonly text: string
  readonly place: AnswerPlace
}

/**
 * The content of the last `\boxed{...}` within the last closed `<answer>` tag; else the tag's
 * content; else the last closed `\boxed{...}` anywhere; else the last number; else null. Braces may
 * be nested, escaped braces do not count, a box that is never closed is none.
 *
 *   'so <answer>\boxed{\frac{1}{2}}</answer>'  ->  { text: '\frac{1}{2}', place: 'taggedBox' }
 */
export function extractAnswer(text: string): ExtractedAnswer | null {
  const tagged = lastTagged(text)
  if (tagged !== null) {
    const boxed = lastBoxed(tagged)
    if (boxed !== undefined) return { text: boxed, place: 'taggedBox' }
    return tagged === '' ? null : { text: tagged, place: 'tag' }
  }
  const boxed = lastBoxed(text)
  if (boxed !== undefined) return { text: boxed, place: 'box' }
  const number = lastNumber(text)
  return number === null ? null : { text: number, place: 'number' }
}

function lastTagged(text: string): string | null {
  const close = text.lastIndexOf('</answer>')
  if (close < 0) return null
  const open = text.lastIndexOf('<answer>', close)
  return open < 0 ? null : text.slice(open + '<answer>'.length, close).trim()
}

/** The last number is looked for in this many characters at the end. */
const numberWindow = 2000

const number =
  /(?:(?<![\w)\]}])[-\u2212])?(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?(?:\/\d+)?(?:\s?\\?%)?/g

function lastNumber(text: string): string | null {
  const found = text.slice(-numberWindow).match(number)
  return found?.at(-1) ?? null
}
