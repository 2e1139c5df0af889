// The commands in shell blocks, taken apart: one simple command for each part of a pipeline.

import type { CodeBlock } from './code-blocks.ts'

export interface CommandLine {
  /** `docs/sandbox.md:12` */
  readonly place: string
  /** As written, without comment and prompt. */
  readonly text: string
  /** Words of each part of the pipeline, without variables before it and redirections. */
  readonly parts: readonly (readonly string[])[]
}

/** The command lines of a block; `\` at the end of a line goes on in the next. */
export function commandLines({ page, line, text }: CodeBlock): CommandLine[] {
  const found: CommandLine[] = []
  let start = line
  let joined = ''
  for (const [index, row] of text.split('\n').entries()) {
    if (joined === '') start = line + index
    joined += row.replace(/\\$/, ' ')
    if (row.endsWith('\\')) continue
    const { parts, end } = shellWords(joined)
    const place = `${page}:${start}`
    if (parts.length > 0) found.push({ place, text: joined.slice(0, end).trim(), parts })
    joined = ''
  }
  return found
}

/** One token: spaces, a comment, an operator, or a word with its quotes. */
const token = /(\s+)|(#.*$)|(\||<|>)|((?:"[^"]*"|'[^']*'|[^\s"'|<>])+)/gy

function shellWords(row: string): { parts: string[][]; end: number } {
  const parts: string[][] = [[]]
  let redirects = false
  let end = row.length
  for (const { index, 2: comment, 3: operator, 4: word } of row.matchAll(token)) {
    if (comment !== undefined) {
      end = index
      break
    }
    if (operator === '|') parts.push([])
    else if (operator) redirects = true
    else if (word !== undefined) {
      const part = parts.at(-1) ?? []
      const isVariable = part.length === 0 && /^[A-Z_]+=/.test(word)
      if (!redirects && !isVariable) part.push(word.replace(/"([^"]*)"|'([^']*)'/g, '$1$2'))
      redirects = false
    }
  }
  return { parts: parts.filter((part) => part.length > 0), end }
}
