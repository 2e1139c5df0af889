// The files of a cold start: written beside their names and renamed at the end, so that nothing
// half-written bears a name.

import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { fileError } from '../../checkpoint/file-error.ts'
import type { Demonstration } from '../../cold-start/demonstration.ts'
import { openAiRow, parquetBytes, sftRow } from '../../cold-start/export-demonstrations.ts'
import { reToolProtocol } from '../../tool/retool-protocol.ts'
import type { Tool } from '../../tool/tool.ts'

export interface DemonstrationPaths {
  readonly output: string
  readonly sft?: string
  readonly openai?: string
  readonly parquet?: string
  /** Whether the prompts offer the interpreter. */
  readonly tools: boolean
}

type RowMaker = (demonstration: Demonstration, tools: readonly Tool[]) => unknown

const partial = (path: string) => `${path}.part`

/** Owner: whoever opened them, with `using`. */
export class DemonstrationFiles implements Disposable {
  readonly #lines: { readonly path: string; readonly file: number; readonly row: RowMaker }[] = []
  /** Parquet stores columns, so its rows wait for the end. */
  readonly #forParquet: Demonstration[] = []
  #offered: readonly Tool[] = []
  #open = true

  /** Throws UserError for what cannot be written. */
  constructor(private readonly paths: DemonstrationPaths) {
    try {
      this.#addLines(paths.output, (demonstration) => demonstration)
      this.#addLines(paths.sft, (demonstration, tools) =>
        sftRow(demonstration, reToolProtocol, tools),
      )
      this.#addLines(paths.openai, openAiRow)
    } catch (error) {
      this[Symbol.dispose]()
      throw error
    }
  }

  add(demonstration: Demonstration, tool: Tool): void {
    this.#offered = this.paths.tools ? [tool] : []
    for (const { file, row } of this.#lines) {
      writeSync(file, `${JSON.stringify(row(demonstration, this.#offered))}\n`)
    }
    if (this.paths.parquet !== undefined) this.#forParquet.push(demonstration)
  }

  /** Gives the files their names, the report's with them. */
  finish(report: unknown): void {
    this.#close()
    for (const { path } of this.#lines) renameSync(partial(path), path)
    const { parquet, output } = this.paths
    if (parquet !== undefined && this.#forParquet.length > 0) {
      replaceFile(parquet, parquetBytes(this.#forParquet, reToolProtocol, this.#offered))
    }
    replaceFile(`${output}.report.json`, `${JSON.stringify(report, null, 2)}\n`)
  }

  /** Removes what was not finished; safe after `finish`. */
  [Symbol.dispose](): void {
    this.#close()
    for (const { path } of this.#lines) {
      if (existsSync(partial(path))) rmSync(partial(path))
    }
  }

  #addLines(path: string | undefined, row: RowMaker): void {
    if (path === undefined) return
    try {
      mkdirSync(dirname(path), { recursive: true })
      this.#lines.push({ path, file: openSync(partial(path), 'w'), row })
    } catch (error) {
      throw fileError('write', path, error)
    }
  }

  #close(): void {
    if (!this.#open) return
    this.#open = false
    for (const { file } of this.#lines) closeSync(file)
  }
}

function replaceFile(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(partial(path), content)
  renameSync(partial(path), path)
}
