// Type-checks code blocks against the package as one program, under the compiler options of the
// project. A block stands in a made-up folder of its page, beside the other blocks of it.

import { join, relative } from 'node:path'
import ts from 'typescript'
import { type CodeBlock, root } from './code-blocks.ts'

const folder = join(root, 'docs/blocks')

function pathOf({ page, name }: CodeBlock): string {
  return join(folder, page.replaceAll(/\W/g, '-'), name)
}

function compilerOptions(): ts.CompilerOptions {
  const file = join(root, 'tsconfig.json')
  const { config } = ts.readConfigFile(file, ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root)
  return {
    ...options,
    noEmit: true,
    // A reader's program may leave a name unused, as an example does.
    noUnusedLocals: false,
    paths: { 'retool-rl': [join(root, 'src/index.ts')] },
  }
}

/** Files of the project and of its packages, parsed once for all programs. */
const parsed = new Map<string, ts.SourceFile | undefined>()

/** A program of the blocks and of `files` of the project. */
export function programOf(blocks: readonly CodeBlock[], files: readonly string[] = []): ts.Program {
  const texts = new Map(blocks.map((block) => [pathOf(block), block.text]))
  const options = compilerOptions()
  const host = ts.createCompilerHost(options)
  const { directoryExists, fileExists, readFile, getSourceFile } = host
  host.directoryExists = (path) => path.startsWith(folder) || directoryExists?.(path) !== false
  host.fileExists = (path) => texts.has(path) || fileExists(path)
  host.readFile = (path) => texts.get(path) ?? readFile(path)
  host.getSourceFile = (path, ...rest) => {
    const text = texts.get(path)
    if (text !== undefined) return ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
    if (!parsed.has(path)) parsed.set(path, getSourceFile(path, ...rest))
    return parsed.get(path)
  }
  const paths = [...texts.keys(), ...files.map((file) => join(root, file))]
  return ts.createProgram(paths, options, host)
}

/** `docs/own-tools.md:14: Cannot find name 'x'.`, one for each fault of a block. */
export function faults(blocks: readonly CodeBlock[]): string[] {
  const program = programOf(blocks)
  return blocks.flatMap((block) => {
    const source = program.getSourceFile(pathOf(block))
    if (!source) return [`${block.page}: ${relative(root, pathOf(block))} is not in the program`]
    const found = [
      ...program.getSyntacticDiagnostics(source),
      ...program.getSemanticDiagnostics(source),
    ]
    return found.map(({ start = 0, messageText }) => {
      const { line } = source.getLineAndCharacterOfPosition(start)
      const message = ts.flattenDiagnosticMessageText(messageText, ' ')
      return `${block.page}:${block.line + line}: ${message}`
    })
  })
}

/** Names that `src/index.ts` exports without a docstring. */
export function undocumentedExports(): string[] {
  const program = programOf([], ['src/index.ts'])
  const checker = program.getTypeChecker()
  const source = program.getSourceFile(join(root, 'src/index.ts'))
  const module = source && checker.getSymbolAtLocation(source)
  const symbols = module ? checker.getExportsOfModule(module) : []
  return symbols.flatMap((symbol) => {
    const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
    return target.getDocumentationComment(checker).length === 0 ? [symbol.name] : []
  })
}
