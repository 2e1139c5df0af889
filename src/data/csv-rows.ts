// Rows of CSV (RFC 4180) and tab-separated files, whose first record names the columns.

import { StringDecoder } from 'node:string_decoder'
import { longestLine, readChunks } from './read-lines.ts'
import type { Row, RowBatches } from './row.ts'

/** Quoted fields may hold separators, doubled quotes and line ends. */
export async function* csvRows(file: string, separator: ',' | '\t'): RowBatches {
  const parser = new CsvParser(file, separator)
  const decoder = new StringDecoder('utf8')
  for await (const chunk of readChunks(file)) {
    const rows = parser.feed(decoder.write(chunk))
    if (rows.length > 0) yield rows
  }
  const rows = [...parser.feed(decoder.end()), ...parser.finish()]
  if (rows.length > 0) yield rows
}

type State = 'start' | 'plain' | 'quoted' | 'quoteInQuoted'

/** One character at a time, so that a record may span chunks. */
class CsvParser {
  #header: readonly string[] | undefined
  #state: State = 'start'
  #field = ''
  #fields: string[] = []
  /** Line where the present record began, and the line being read. */
  #recordLine = 1
  #line = 1
  #length = 0
  #rows: Row[] = []

  constructor(
    private readonly file: string,
    private readonly separator: ',' | '\t',
  ) {}

  feed(text: string): Row[] {
    for (const character of this.#line === 1 ? text.replace(/^\uFEFF/, '') : text) {
      this.#take(character)
    }
    return this.#taken()
  }

  finish(): Row[] {
    if (this.#state === 'quoted') {
      this.#bad('not readable', 'a quoted field is never closed')
    } else if (this.#fields.length > 0 || this.#field !== '') {
      this.#endRecord()
    }
    return this.#taken()
  }

  #taken(): Row[] {
    const rows = this.#rows
    this.#rows = []
    return rows
  }

  #take(character: string): void {
    if (character === '\n') this.#line++
    // A record beyond the bound is dropped as it comes and named at its end.
    const kept = ++this.#length <= longestLine ? character : ''
    if (this.#state === 'quoted') {
      if (character === '"') this.#state = 'quoteInQuoted'
      else this.#field += kept
    } else if (this.#state === 'quoteInQuoted' && character === '"') {
      this.#field += kept
      this.#state = 'quoted'
    } else if (character === this.separator) {
      this.#endField()
    } else if (character === '\n') {
      this.#endRecord()
    } else if (character === '"' && this.#state === 'start') {
      this.#state = 'quoted'
    } else {
      this.#field += kept
      this.#state = 'plain'
    }
  }

  #endField(): void {
    this.#fields.push(this.#field)
    this.#field = ''
    this.#state = 'start'
  }

  #endRecord(): void {
    // A return within quotes belongs to the field; one after them to the line's end.
    if (this.#state === 'plain') this.#field = this.#field.replace(/\r$/, '')
    this.#endField()
    const fields = this.#fields
    const isEmpty = fields.length === 1 && fields[0] === ''
    const header = this.#header
    if (this.#length > longestLine) this.#bad('too long', '')
    else if (isEmpty) this.#next()
    else if (!header) {
      this.#header = fields.map((name) => name.trim())
      this.#next()
    } else if (fields.length !== header.length) {
      this.#bad('not readable', `${fields.length} fields, expected ${header.length}`)
    } else if (fields.some((field) => field.includes('\uFFFD'))) {
      this.#bad('not UTF-8', '')
    } else {
      const values = Object.fromEntries(header.map((name, index) => [name, fields[index]]))
      this.#rows.push({ kind: 'row', file: this.file, line: this.#recordLine, values })
      this.#next()
    }
  }

  #bad(reason: 'not readable' | 'too long' | 'not UTF-8', detail: string): void {
    this.#rows.push({ kind: 'bad', file: this.file, line: this.#recordLine, reason, detail })
    this.#next()
  }

  #next(): void {
    this.#fields = []
    this.#field = ''
    this.#length = 0
    this.#state = 'start'
    this.#recordLine = this.#line
  }
}
