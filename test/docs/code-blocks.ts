// The fenced code blocks of the documentation, with their places.

import { readdirSync, readFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'

export const root = resolve(import.meta.dirname, '../..')

export interface CodeBlock {
  /** From the root, such as `docs/own-tools.md`. */
  readonly page: string
  /** Of its first line of code, from 1. */
  readonly line: number
  /** The word after the fence; empty where there is none. */
  readonly language: string
  readonly text: string
  /** Its file's name: what its first line says (`// weather.ts`), else made up from the place. */
  readonly name: string
}

/** README, CONTRIBUTING and all pages of docs/. */
export const pages: readonly string[] = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
]

export function pageText(page: string): string {
  return readFileSync(join(root, page), 'utf8')
}

const fence = /^```(\w*)\n([\s\S]*?)^```$/gm

export function codeBlocks(page: string): CodeBlock[] {
  const text = pageText(page)
  return [...text.matchAll(fence)].map(({ index, 1: language = '', 2: code = '' }) => {
    const line = text.slice(0, index).split('\n').length + 1
    const named = /^(?:\/\/|#) ([\w-]+\.(?:ts|yaml))$/m.exec(code.split('\n')[0] ?? '')?.[1]
    const name = named ?? `${basename(page, '.md')}-${line}.${language}`
    return { page, line, language, text: code, name }
  })
}

/** All blocks in this language. */
export function blocksIn(language: string): CodeBlock[] {
  return pages.flatMap(codeBlocks).filter((block) => block.language === language)
}
