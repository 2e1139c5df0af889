// The lines of a text file, split at newlines alone: `node:readline` also splits at U+2028, which
// JSON leaves unescaped inside strings.

import { createReadStream } from 'node:fs'

export interface FileLine {
  readonly text: string
  /** Counted from one. */
  readonly number: number
  /** False for a last line without its newline: whoever writes it may not be done. */
  readonly ended: boolean
}

/** The lines in order, without their newlines; no empty line after the last newline. */
export async function* fileLines(path: string): AsyncGenerator<FileLine, void, undefined> {
  let number = 0
  let pieces: string[] = []
  for await (const chunk of createReadStream(path, 'utf8')) {
    const [first = '', ...others] = String(chunk).split('\n')
    pieces.push(first)
    for (const next of others) {
      yield { text: withoutReturn(pieces.join('')), number: ++number, ended: true }
      pieces = [next]
    }
  }
  const rest = pieces.join('')
  if (rest !== '') yield { text: rest, number: ++number, ended: false }
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line
}
