// A scratch package with fake tools on PATH, in which the real set-up program runs.

import { spawn } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'

const here = resolve(import.meta.dirname)
const tools = ['cat', 'chmod', 'cp', 'mkdir', 'ps', 'sh', 'sleep', 'touch']

export interface Ended {
  readonly code: number | null
  readonly stderr: string
}

/**
 * The package lies in `root`, its cache in `cache`, the fakes in `bin`; PATH has nothing else but
 * a few plain tools. A fake reads its behaviour from the file `bin/NAME.does`, so that a test can
 * change it between runs, and adds its arguments to `calls`.
 */
export class Scratch implements Disposable {
  readonly root = mkdtempSync(join(tmpdir(), 'retool-setup-'))
  readonly cache = join(this.root, 'cache')
  readonly bin = join(this.root, 'bin')

  constructor() {
    mkdirSync(this.bin)
    cpSync(here, join(this.root, 'setup'), { recursive: true })
    writeFileSync(join(this.root, 'package.json'), '{"name": "retool-rl", "type": "module"}')
    writeFileSync(join(this.root, 'package-lock.json'), '{"packages": {"": {}}}')
    mkdirSync(join(this.root, 'native'))
    writeFileSync(join(this.root, 'native', 'one.cc'), 'int one;')
    writeFileSync(join(this.root, 'native', 'two.cc'), 'int two;')
    for (const name of tools) symlinkSync(realTool(name), join(this.bin, name))
    for (const name of ['python3', 'npm', 'g++']) this.fake(name)
    writeFileSync(join(this.bin, 'addon'), readFileSync(anyAddon()))
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true, force: true })
  }

  /** Puts a fake on PATH, from `fixtures/NAME.sh`. */
  fake(name: string): void {
    const file = join(this.bin, name)
    cpSync(join(here, 'fixtures', `${name}.sh`), file)
    chmodSync(file, 0o755)
  }

  /** Takes a tool off PATH. */
  remove(name: string): void {
    rmSync(join(this.bin, name))
  }

  /** What the fake shall do from now on: a word that its script knows. */
  behave(name: string, how: string): void {
    writeFileSync(join(this.bin, `${name}.does`), how)
  }

  /** What the fakes were called with, a line per call. */
  get calls(): readonly string[] {
    const file = join(this.bin, 'calls')
    return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []
  }

  forgetCalls(): void {
    rmSync(join(this.bin, 'calls'), { force: true })
  }

  start(environment: Readonly<Record<string, string>> = {}) {
    const child = spawn(process.execPath, [join(this.root, 'setup', 'main.mjs')], {
      cwd: this.root,
      env: {
        PATH: this.bin,
        HOME: this.root,
        TMPDIR: tmpdir(),
        RETOOL_CACHE: this.cache,
        FAKES: this.bin,
        ...environment,
      },
      stdio: ['ignore', 'inherit', 'pipe'],
    })
    const stderr = text(child.stderr)
    const ended = new Promise<number | null>((done) => child.on('close', done))
    return {
      child,
      ended: (async (): Promise<Ended> => ({ code: await ended, stderr: await stderr }))(),
    }
  }

  async run(environment: Readonly<Record<string, string>> = {}): Promise<Ended> {
    return await this.start(environment).ended
  }
}

function realTool(name: string): string {
  const places = ['/bin', '/usr/bin'].map((folder) => join(folder, name))
  return places.find((place) => existsSync(place)) ?? name
}

/** Some addon for Node that loads on this machine: our own needs libtorch. */
function anyAddon(): string {
  const folder = resolve(here, '..', 'node_modules')
  const scoped = readdirSync(folder)
    .filter((name) => name.startsWith('@'))
    .flatMap((scope) => readdirSync(join(folder, scope)).map((name) => join(folder, scope, name)))
  const found = scoped
    .filter((path) => /libsql|rolldown|oxc/.test(path))
    .flatMap((path) => readdirSync(path).map((name) => join(path, name)))
    .find((path) => path.endsWith('.node'))
  if (!found) throw new Error('no addon in node_modules to stand in for ours')
  return found
}
