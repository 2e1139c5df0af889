// What the documentation says is tried here: code is type-checked and run, recipes resolve, commands
// are parsed by the real program and the cheap ones run, quoted messages and links are there.

import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { createProgram } from '../src/cli/program.ts'
import { loadRecipe } from '../src/config/load-recipe.ts'
import { recipeKindOf, recipeKinds, resolveRecipe } from '../src/config/recipe-kind.ts'
import { RunFolder } from '../src/run/folder.ts'
import type { Sandbox } from '../src/sandbox/sandbox.ts'
import { writeTinyModel } from '../src/train/fixtures/tiny-model-folder.ts'
import { commandFault, mentionFault } from './docs/check-command.ts'
import { blocksIn, pages, pageText, root } from './docs/code-blocks.ts'
import { commandLines } from './docs/command-lines.ts'
import { configurationPage } from './docs/configuration-page.ts'
import { describedSchema } from './docs/described-schema.ts'
import { runModule, writeModules } from './docs/run-block.ts'
import { faults, undocumentedExports } from './docs/type-check.ts'

// Type checks take seconds, and minutes on a machine that does other things as well.
vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 })

/** Commands that are not run here, by how they begin, and where they are tried. */
const triedElsewhere: Readonly<Record<string, string>> = {
  'npm run setup': 'setup/set-up.test.ts',
  'npm run check': 'a part of npm test',
  'npm run format': 'rewrites the sources',
  'npm run docs': 'writes a folder of pages',
  'npm test': 'this is it',
  'npm run quickstart': 'test/quickstart.test.ts',
  'npx vitest': 'this is it',
  'npx tsx bench/': 'measures, which needs a quiet machine',
  'npx retool-rl doctor': 'src/cli/doctor/doctor.test.ts',
  'npx retool-rl cold-start': 'src/cold-start/cold-start.test.ts',
  'npx retool-rl sft': 'src/cli/train.test.ts, on a tiny model',
  'npx retool-rl train': 'src/cli/train.test.ts, on a tiny model',
  'npx retool-rl evaluate': 'src/evaluate/evaluate.test.ts',
  'npx retool-rl chat': 'src/cli/chat/answer.test.ts',
  'npx retool-rl serve': 'src/serve/server.test.ts',
  'npx retool-rl view': 'src/view/server.test.ts',
  'npx retool-rl convert': 'src/checkpoint/round-trip.test.ts',
  'retool-rl sandbox': 'src/cli/sandbox.test.ts',
}

const code = blocksIn('ts')
const commands = [
  ...blocksIn('sh').flatMap(commandLines),
  ...blocksIn('')
    .flatMap(commandLines)
    .filter(({ text }) => /^(npx|npm|retool-rl) /.test(text)),
]
const cheap = commands.filter(
  ({ text }) => !Object.keys(triedElsewhere).some((start) => text.startsWith(start)),
)

// One real sandbox for all blocks: it takes seconds to start.
const opened = vi.hoisted(() => ({ sandbox: undefined as Promise<Sandbox> | undefined }))
vi.mock('../src/sandbox/create-sandbox.ts', async (original) => {
  const { createSandbox } = await original<typeof import('../src/sandbox/create-sandbox.ts')>()
  return {
    createSandbox: async (): Promise<Sandbox> => {
      opened.sandbox ??= createSandbox({ workers: 1, preload: [] })
      const shared = await opened.sandbox
      return {
        tier: shared.tier,
        execute: (...given) => shared.execute(...given),
        session: () => shared.session(),
        close: async () => undefined,
      }
    },
  }
})

let folder: string
const before = process.cwd()

/** A folder as a reader has it who did what the pages say: files, runs, a model. */
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'retool-docs-'))
  const model = join(folder, 'model')
  writeTinyModel(model)
  writeModules(code, folder, model)
  for (const { name, text } of blocksIn('yaml')) writeFileSync(join(folder, name), text)
  for (const { page, line, text } of blocksIn('json')) {
    const after = pageText(page).split('\n').slice(line).join('\n')
    writeFileSync(join(folder, /[\w-]+\.jsonl/.exec(after)?.[0] ?? ''), text)
  }
  const server = readFileSync(join(root, 'src/tool/mcp-server.fixture.ts'), 'utf8')
  const options = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ES2022 }
  writeFileSync(join(folder, 'my-mcp-server.mjs'), ts.transpile(server, options))
  for (const name of ['quickstart-1', 'tiny']) writeRun(join(folder, 'runs', name))
  process.chdir(folder)
})
afterAll(async () => {
  await (await opened.sandbox)?.close()
  process.chdir(before)
  rmSync(folder, { recursive: true })
})

function writeRun(path: string): void {
  mkdirSync(dirname(path), { recursive: true })
  const run = RunFolder.create(path, { command: 'train', config: { path }, totalSteps: 1 })
  run.recordMetrics(1, { 'reward/mean': 0.5 })
  run.finish()
  run[Symbol.dispose]()
}

test('code blocks fit the types of the package', () => {
  expect(faults(code)).toEqual([])
})

test('everything that the package exports has a docstring', () => {
  expect(undocumentedExports()).toEqual([])
})

describe('code blocks run', () => {
  for (const block of code) {
    test(`${block.page}: ${block.name}`, async () => {
      const log = vi.spyOn(console, 'log').mockImplementation(() => undefined)
      try {
        const { file, exported } = await runModule(block, folder)
        if ('recipe' in exported) await resolves(file)
      } finally {
        log.mockRestore()
      }
    })
  }
})

describe('recipes resolve', () => {
  for (const { page, name } of blocksIn('yaml'))
    test(`${page}: ${name}`, () => resolves(join(folder, name)))
})

/** With what it extends. */
async function resolves(file: string): Promise<void> {
  const layers = await loadRecipe(file)
  resolveRecipe(recipeKindOf(layers), layers)
}

test('every command and option is one that there is', () => {
  const wrong = commands.flatMap(({ place, text, parts }) =>
    parts.flatMap((words) => {
      const fault = commandFault(words)
      return fault === undefined ? [] : [`${place}: ${text}: ${fault}`]
    }),
  )
  expect(wrong).toEqual([])
})

test('so is every one that running text mentions', () => {
  const wrong = pages.flatMap((page) => {
    const text = pageText(page).replace(/^```[\s\S]*?^```$/gm, '')
    return [...text.matchAll(/`(?:npx )?retool-rl ([^`]+)`/g)].flatMap(([mention, words = '']) => {
      const fault = mentionFault(words.split(/\s+/))
      return fault === undefined ? [] : [`${page}: ${mention}: ${fault}`]
    })
  })
  expect(wrong).toEqual([])
})

test('the checkers report what is wrong', () => {
  expect(commandFault(['retool-rl', 'docter'])).toContain('doctor')
  expect(commandFault(['npx', 'retool-rl', 'train', '--dry-runn', 'x'])).toContain('--dry-run')
  expect(commandFault(['npm', 'run', 'nothing'])).toBeDefined()
  expect(mentionFault(['train', '--resum'])).toContain('--resum')
  const block = { page: 'x.md', line: 7, language: 'ts', name: 'x.ts' }
  const text = "import { rloo } from 'retool-rl'\nrloo(1)\n"
  expect(faults([{ ...block, text }])).toEqual([expect.stringContaining('x.md:8: ')])
})

describe('cheap commands run', () => {
  for (const { place, text, parts } of cheap) {
    test(`${place}: ${text}`, async () => {
      const [words = []] = parts
      const write = vi.spyOn(process.stdout, 'write').mockImplementation(() => true)
      try {
        await createProgram().parseAsync(words.slice(words.indexOf('retool-rl') + 1), {
          from: 'user',
        })
        expect(write).toHaveBeenCalled()
        expect(process.exitCode ?? 0).toBe(0)
      } finally {
        write.mockRestore()
      }
    })
  }

  test('the table of those that are tried elsewhere holds no other', () => {
    const idle = Object.keys(triedElsewhere).filter(
      (start) => !commands.some(({ text }) => text.startsWith(start)),
    )
    expect(idle).toEqual([])
    const files = Object.values(triedElsewhere).flatMap(
      (where) => where.match(/\S+\.test\.ts/) ?? [],
    )
    expect(files.filter((file) => !existsSync(join(root, file)))).toEqual([])
  })
})

test('the page of the configuration is what the schemas give', async () => {
  await expect(configurationPage()).toMatchFileSnapshot('../docs/configuration.md')
})

test('the schemas for editors are what the schemas and their comments give', async () => {
  for (const kind of recipeKinds) {
    await expect(describedSchema(kind)).toMatchFileSnapshot(`../recipes/${kind}.schema.json`)
  }
})

test('keys and kinds that pages name are in the schemas', () => {
  const schema = pageText('docs/configuration.md')
  const known = [...schema.matchAll(/^\| `([^`]+)`/gm)].map(([, key = '']) => key)
  const records =
    'model|rollout|engine|reward|advantage|critic|update|learner|evaluation|checkpoints'
  const key = new RegExp(`\`((?:${records})\\.[\\w.]+)`, 'g')
  const unknown = pages.flatMap((page) =>
    [...pageText(page).matchAll(key)]
      .flatMap(([, name = '']) => name)
      .map((name) => name.replace(/\.kind$/, ''))
      .filter((name) => !name.includes('_') && !known.some((one) => one.startsWith(name)))
      .map((name) => `${page}: ${name}`),
  )
  expect(unknown).toEqual([])
  const methods = schema.match(/^\| `(advantage|update\.\w+)` \| record by `kind`: [^|]+/gm) ?? []
  const kinds = methods.flatMap((row) => row.split('kind`: ')[1]?.match(/`\w+`/g) ?? [])
  expect(kinds.filter((kind) => !pageText('docs/algorithms.md').includes(kind))).toEqual([])
  expect(kinds.length).toBeGreaterThan(15)
})

test('quoted messages are in the source', () => {
  const sources = ['src', 'setup']
    .flatMap((name) => ts.sys.readDirectory(join(root, name), ['.ts', '.mjs'], ['**/*.test.ts']))
    .map((file) => readFileSync(file, 'utf8'))
  const quoted = [...pageText('docs/troubleshooting.md').matchAll(/^### `(.*)`$/gm)]
  expect(quoted.length).toBeGreaterThan(20)
  const gone = quoted.flatMap(([, message = '']) => {
    const pieces = message.split('…').filter((piece) => piece.trim().length > 2)
    const isThere = sources.some((text) => pieces.every((piece) => text.includes(piece)))
    return isThere && pieces.length > 0 ? [] : [message]
  })
  expect(gone).toEqual([])
})

test('the map of folders in CONTRIBUTING has every folder', () => {
  const rows = pageText('CONTRIBUTING.md').match(/^\| `.*\|$/gm) ?? []
  const folders = readdirSync(join(root, 'src'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
  const missing = folders.filter((name) => !rows.some((row) => row.includes(`\`${name}\``)))
  expect(missing).toEqual([])
})

test('links lead somewhere', () => {
  const broken = pages.flatMap((page) =>
    [...pageText(page).matchAll(/\]\(([^)#\s]+)[^)]*\)/g)]
      .flatMap(([, target = '']) => target)
      .filter((target) => !/^https?:/.test(target))
      .filter((target) => !existsSync(join(root, dirname(page), target)))
      .map((target) => `${page}: ${target}`),
  )
  expect(broken).toEqual([])
})

test('files that pages name are there', () => {
  const path = /`((?:src|test|bench|recipes|setup|docs|native)\/[\w./-]+)`/g
  const gone = pages.flatMap((page) =>
    [...pageText(page).matchAll(path)]
      .flatMap(([, name = '']) => name)
      .filter((name) => !name.includes('NAME') && !existsSync(join(root, name)))
      .map((name) => `${page}: ${name}`),
  )
  expect(gone).toEqual([])
})
