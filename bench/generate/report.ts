// What a benchmark of several sections says: lines while it runs, tables at its end.

import { table } from '../../src/cli/table.ts'

export type Cells = Readonly<Record<string, string | number>>

export interface Section {
  readonly title: string
  readonly rows: Cells[]
}

export class BenchReport {
  readonly sections: Section[] = []
  readonly #begun = performance.now()

  /** One more line of the section's table; its first line decides the columns. */
  row(title: string, cells: Cells): void {
    const section = this.sections.find((each) => each.title === title)
    if (section) section.rows.push(cells)
    else this.sections.push({ title, rows: [cells] })
  }

  /** What is being measured now. */
  progress(what: string): void {
    const seconds = Math.round((performance.now() - this.#begun) / 1000)
    process.stderr.write(`${String(seconds).padStart(4)} s  ${what}\n`)
  }

  print(): void {
    for (const { title, rows } of this.sections) printSection(title, rows)
  }
}

/** Three digits. */
export function round(value: number): number {
  return Number(value.toPrecision(3))
}

function printSection(title: string, rows: readonly Cells[]): void {
  const head = Object.keys(rows[0] ?? {})
  console.log(`\n${title}`)
  const cells = rows.map((each) => head.map((key) => String(each[key] ?? '')))
  const isNumber = (key: string) => rows.every((each) => typeof each[key] !== 'string')
  process.stdout.write(
    table(cells, { head, align: head.map((key) => (isNumber(key) ? 'right' : 'left')) }),
  )
}
