// Finds the answer in what the policy wrote, in time linear in the text's length.

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
    if (boxed !== null) return { text: boxed, place: 'taggedBox' }
    return tagged === '' ? null : { text: tagged, place: 'tag' }
  }
  const boxed = lastBoxed(text)
  if (boxed !== null) return { text: boxed, place: 'box' }
  const number = lastNumber(text)
  return number === null ? null : { text: number, place: 'number' }
}

function lastTagged(text: string): string | null {
  const close = text.lastIndexOf('</answer>')
  if (close < 0) return null
  const open = text.lastIndexOf('<answer>', close)
  return open < 0 ? null : text.slice(open + '<answer>'.length, close).trim()
}

const box = '\\boxed{'

/** Content of the closed `\boxed{...}` that opens last: of a box in a box, the inner one. */
function lastBoxed(text: string): string | null {
  const open: { content: number; boxed: boolean }[] = []
  let start = -1
  let end = -1
  for (let i = 0; i < text.length; i++) {
    const character = text[i]
    if (character === '\\') {
      const boxed = text.startsWith(box, i)
      i += boxed ? box.length - 1 : 1
      if (boxed) open.push({ content: i + 1, boxed })
    } else if (character === '{') open.push({ content: i + 1, boxed: false })
    else if (character === '}') {
      const opened = open.pop()
      if (!opened?.boxed || opened.content < start) continue
      start = opened.content
      end = i
    }
  }
  return start < 0 ? null : text.slice(start, end).trim()
}

/** The last number is looked for in this many characters at the end. */
const numberWindow = 2000

const number =
  /(?:(?<![\w)\]}])[-\u2212])?(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?(?:\/\d+)?(?:\s?\\?%)?/g

function lastNumber(text: string): string | null {
  const found = text.slice(-numberWindow).match(number)
  return found?.at(-1) ?? null
}
