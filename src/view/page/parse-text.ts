// Splits what a policy or a tool wrote into plain text, code, mathematics and the protocol's tags.

export type TextPart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'code'; readonly text: string; readonly language: string }
  | { readonly kind: 'math'; readonly text: string; readonly display: boolean }
  | { readonly kind: 'tag'; readonly text: string }

interface Rule {
  readonly pattern: RegExp
  readonly part: (match: RegExpExecArray) => TextPart
}

/** Tried in this order at each place; a fence that nobody closed runs to the end. */
const rules: readonly Rule[] = [
  {
    pattern: /```([\w+-]*)[^\S\n]*\n([\s\S]*?)(?:\n?```|$)/y,
    part: (match) => ({ kind: 'code', language: match[1] ?? '', text: match[2] ?? '' }),
  },
  { pattern: /\$\$([\s\S]+?)\$\$/y, part: (match) => math(match[1], true) },
  { pattern: /\\\[([\s\S]+?)\\\]/y, part: (match) => math(match[1], true) },
  { pattern: /\\\(([\s\S]+?)\\\)/y, part: (match) => math(match[1], false) },
  // As in Pandoc: no blank inside the signs, no digit behind, so that prices stay prices.
  {
    pattern: /\$(?=\S)((?:[^$\n\\]|\\.)+?)(?<=\S)\$(?!\d)/y,
    part: (match) => math(match[1], false),
  },
  {
    pattern: /\\boxed\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}/y,
    part: (match) => math(match[0], false),
  },
  {
    pattern: /<\/?(?:code|interpreter|answer|think|tool_call|tool_response)>|<\|[a-z_0-9]+\|>/y,
    part: (match) => ({ kind: 'tag', text: match[0] }),
  },
]

/** Every character of the text is in exactly one part, apart from fences and signs of mathematics. */
export function parseText(text: string): TextPart[] {
  const parts: TextPart[] = []
  let plain = 0
  let position = 0
  const flush = (end: number) => {
    if (end > plain) parts.push({ kind: 'text', text: text.slice(plain, end) })
  }
  while (position < text.length) {
    const found = '`$\\<'.includes(text[position] ?? '') ? partAt(text, position) : undefined
    if (!found) {
      position += 1
      continue
    }
    flush(position)
    parts.push(found.part)
    position = found.end
    plain = position
  }
  flush(text.length)
  return parts
}

function partAt(text: string, position: number) {
  for (const { pattern, part } of rules) {
    pattern.lastIndex = position
    const match = pattern.exec(text)
    if (match) return { part: part(match), end: position + match[0].length }
  }
  return undefined
}

function math(text: string | undefined, display: boolean): TextPart {
  return { kind: 'math', text: text ?? '', display }
}
