// The reference answer out of its column.

import { lastBoxed } from '../base/last-boxed.ts'

/**
 * `plain`: the text itself; `hashes`: what follows the last `####`; `boxed`: the content of the last
 * `\boxed{}`; `unit`: a number with its unit in brackets, `9 (apples)`.
 */
export type AnswerForm = 'plain' | 'hashes' | 'boxed' | 'unit'

/** The answer as a problem keeps it, or undefined where the text does not have the form. */
export function finalAnswer(text: string, form: AnswerForm): string | undefined {
  switch (form) {
    case 'plain':
      return plainNumber(text.trim())
    case 'hashes': {
      const after = /####([^#]*)$/.exec(text)?.[1]?.trim()
      return after === undefined ? undefined : plainNumber(after)
    }
    case 'boxed':
      return lastBoxed(text)
    case 'unit':
      return plainNumber(text.replace(/\s*\([^()]*\)\s*$/, '').trim())
  }
  form satisfies never
}

/** `1,234` and `43.0` as the whole numbers they are; everything else as it stands. */
function plainNumber(text: string): string {
  if (/^-?\d{1,3}(,\d{3})+(\.\d+)?$/.test(text)) return plainNumber(text.replaceAll(',', ''))
  return /^-?\d+\.0+$/.test(text) ? text.replace(/\.0+$/, '') : text
}
