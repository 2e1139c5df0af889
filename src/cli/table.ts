// Tables for the terminal, without lines between cells.

import Table from 'cli-table3'

export interface TableOptions {
  readonly head: readonly string[]
  /** One per column; numbers belong to the right. */
  readonly align?: readonly ('left' | 'right')[]
}

const bare = Object.fromEntries(
  [
    'top',
    'top-mid',
    'top-left',
    'top-right',
    'bottom',
    'bottom-mid',
    'bottom-left',
    'bottom-right',
    'left',
    'left-mid',
    'mid',
    'mid-mid',
    'right',
    'right-mid',
  ].map((place) => [place, '']),
)

/** The rows under their head, two spaces between columns, ending in a newline. */
export function table(rows: readonly (readonly string[])[], { head, align }: TableOptions): string {
  const drawn = new Table({
    head: [...head],
    ...(align ? { colAligns: [...align] } : {}),
    chars: { ...bare, middle: '  ' },
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
  })
  drawn.push(...rows.map((row) => [...row]))
  const lines = drawn.toString().split('\n')
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`
}
