// Reads our own tree: the order of the folders, the size of files and functions, banned names,
// cycles, and the one definition of the response mask.

import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '..')

/** Folder of src/ -> folders it may import from, itself aside (docs/decisions and CONTRIBUTING). */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  base: [],
  python: ['base'],
  trajectory: ['base'],
  tensor: ['base', 'python'],
  tokenizer: ['base', 'python'],
  sandbox: ['base', 'python'],
  model: ['base', 'tensor'],
  tool: ['base', 'sandbox', 'trajectory'],
  run: ['base', 'trajectory'],
  checkpoint: ['base', 'tensor', 'model'],
  hub: ['base'],
  generate: ['base', 'tensor', 'tokenizer', 'trajectory', 'model'],
  data: ['base', 'python', 'hub', 'tokenizer', 'trajectory', 'tool'],
  rollout: ['base', 'tokenizer', 'trajectory', 'tool', 'data'],
  reward: ['base', 'python', 'trajectory', 'data'],
  advantage: ['base', 'trajectory', 'reward'],
  'cold-start': ['base', 'python', 'sandbox', 'tool', 'trajectory', 'tokenizer', 'data', 'reward'],
  evaluate: ['base', 'tool', 'trajectory', 'run', 'data', 'rollout', 'reward'],
  pretrained: ['base', 'python', 'hub', 'tensor', 'tokenizer', 'model', 'checkpoint'],
  policy: ['base', 'tensor', 'tokenizer', 'trajectory', 'model', 'generate', 'pretrained'],
  view: ['base', 'trajectory', 'run'],
  update: ['base', 'tensor', 'model', 'trajectory', 'advantage'],
}
const anythingBelow: Readonly<Record<string, number>> = { config: 7, train: 8, serve: 8, cli: 9 }
const topLevel = ['index.ts']

const bannedNames = /^(utils?|common|helpers?|misc|managers?)$/
const maxFileLines = 300
const maxFunctionLines = 50
const maxParameters = 4

const files = listFiles(join(root, 'src')).filter((file) => !file.includes('/view/page/'))

function listFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    return entry.isDirectory() ? listFiles(path) : path.endsWith('.ts') ? [path] : []
  })
}

function folderOf(file: string): string {
  return relative(join(root, 'src'), file).split('/')[0] ?? ''
}

/** Files of src/ that a file imports, statically or dynamically, types included. */
function importsOf(source: ts.SourceFile): string[] {
  const found: string[] = []
  const visit = (node: ts.Node) => {
    const named =
      ts.isImportDeclaration(node) || ts.isExportDeclaration(node)
        ? node.moduleSpecifier
        : ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword
          ? node.arguments[0]
          : ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)
            ? node.argument.literal
            : undefined
    if (named && ts.isStringLiteral(named) && named.text.startsWith('.')) {
      found.push(resolve(dirname(source.fileName), named.text))
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found.filter((path) => path.startsWith(join(root, 'src')))
}

function level(folder: string): number {
  return anythingBelow[folder] ?? (topLevel.includes(folder) ? 10 : 0)
}

/** Why `from` may not import `to`, or undefined. */
function violation(from: string, to: string): string | undefined {
  if (from === to) return undefined
  const listed = mayImport[from]
  const allowed = listed ? listed.includes(to) : level(from) > level(to)
  return allowed ? undefined : `${from} must not import ${to}`
}

/** Function-like nodes with their length in lines and their parameters. */
function functionsOf(source: ts.SourceFile) {
  const found: { name: string; lines: number; parameters: number }[] = []
  const visit = (node: ts.Node) => {
    if (ts.isFunctionLike(node) && 'body' in node && node.body) {
      const start = source.getLineAndCharacterOfPosition(node.getStart()).line
      const end = source.getLineAndCharacterOfPosition(node.getEnd()).line
      const name = node.name && 'text' in node.name ? String(node.name.text) : `line ${start + 1}`
      found.push({ name, lines: end - start + 1, parameters: node.parameters.length })
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

const production = files.filter((file) => !file.endsWith('.test.ts'))

/** What the tests below ask of each file, parsed once. */
const parsed = new Map(
  files.map((file) => {
    const text = readFileSync(file, 'utf8')
    const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true)
    return [file, { text, imports: importsOf(source), functions: functionsOf(source) }]
  }),
)
const textOf = (file: string) => parsed.get(file)?.text ?? ''
const importsFrom = (file: string) => parsed.get(file)?.imports ?? []

describe('structure', () => {
  test('the checker itself reports a known bad import', () => {
    expect(violation('base', 'train')).toBeDefined()
    expect(violation('rollout', 'tensor')).toBeDefined()
    expect(violation('train', 'cli')).toBeDefined()
    expect(violation('cli', 'train')).toBeUndefined()
    expect(violation('model', 'tensor')).toBeUndefined()
  })

  test('every folder is in the table', () => {
    const known = [...Object.keys(mayImport), ...Object.keys(anythingBelow), ...topLevel]
    expect(files.map(folderOf).filter((folder) => !known.includes(folder))).toEqual([])
  })

  test('imports go downwards only', () => {
    const bad = files.flatMap((file) =>
      importsFrom(file).flatMap((target) => {
        const why = violation(folderOf(file), folderOf(target))
        return why ? [`${relative(root, file)}: ${why}`] : []
      }),
    )
    expect(bad).toEqual([])
  })

  test('no cycles between files', () => {
    const graph = new Map(production.map((file) => [file, importsFrom(file)]))
    const state = new Map<string, 'open' | 'closed'>()
    const cycles: string[] = []
    const walk = (file: string, path: readonly string[]) => {
      if (state.get(file) === 'closed') return
      if (state.get(file) === 'open') {
        cycles.push(
          [...path.slice(path.indexOf(file)), file].map((f) => relative(root, f)).join(' > '),
        )
        return
      }
      state.set(file, 'open')
      for (const next of graph.get(file) ?? []) walk(next, [...path, file])
      state.set(file, 'closed')
    }
    for (const file of graph.keys()) walk(file, [])
    expect(cycles).toEqual([])
  })

  test(`files have at most ${maxFileLines} lines`, () => {
    const long = production
      .map((file) => ({
        file: relative(root, file),
        lines: textOf(file).split('\n').length,
      }))
      .filter(({ lines }) => lines > maxFileLines + 1)
    expect(long).toEqual([])
  })

  test(`functions have at most ${maxFunctionLines} lines and ${maxParameters} parameters`, () => {
    const bad = production.flatMap((file) =>
      (parsed.get(file)?.functions ?? [])
        .filter(({ lines, parameters }) => lines > maxFunctionLines || parameters > maxParameters)
        .map((found) => ({ file: relative(root, file), ...found })),
    )
    expect(bad).toEqual([])
  })

  test('no file or folder has a name that says nothing', () => {
    const names = files.flatMap((file) =>
      relative(root, file)
        .replace(/(\.test)?\.ts$/, '')
        .split('/'),
    )
    expect(names.filter((name) => bannedNames.test(name))).toEqual([])
  })

  test('the response mask is decided in one place', () => {
    const elsewhere = production.filter(
      (file) =>
        !file.endsWith('trajectory/mask.ts') &&
        /author\s*===?\s*'policy'\s*\?\s*1/.test(textOf(file)),
    )
    expect(elsewhere).toEqual([])
  })
})
