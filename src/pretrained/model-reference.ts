// The four ways to name a model: a folder, a GGUF file, a name on the Hub, an alias.

import { existsSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { UserError } from '../base/errors.ts'
import { nearest } from '../base/nearest.ts'

/** Names that need no file, path or network. */
export const aliases = ['smollm2-135m-instruct'] as const

export type ModelAlias = (typeof aliases)[number]

export type ModelReference =
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'gguf'; readonly path: string }
  | {
      readonly kind: 'hub'
      /** `OWNER/NAME` */
      readonly name: string
      readonly revision: string
      /** A GGUF file of the repository, instead of its safetensors. */
      readonly file: string | null
    }
  | { readonly kind: 'alias'; readonly alias: ModelAlias }

const hubPattern =
  /^(?:hub:)?([A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*?)(\/[\w./-]+\.gguf)?(?:@([\w./-]+))?$/

/**
 * What a reference names. `OWNER/NAME@REVISION` takes another branch, tag or commit than `main`,
 * `OWNER/NAME/FILE.gguf` one GGUF file of a repository, and `hub:` in front keeps a folder of the
 * same name on this machine from being meant. Anything else is a UserError that says the forms.
 */
export function parseModelReference(text: string): ModelReference {
  const alias = aliases.find((candidate) => candidate === text.toLowerCase())
  if (alias) return { kind: 'alias', alias }
  const path = text.startsWith('~/') ? join(homedir(), text.slice(2)) : text
  if (!text.startsWith('hub:') && existsSync(path)) return localReference(path)
  if (isPathLike(text)) {
    throw new UserError(`there is no model at ${path}: no such file or folder`, 2)
  }
  const [, name, file, revision = 'main'] = hubPattern.exec(text) ?? []
  if (name) return { kind: 'hub', name, revision, file: file?.slice(1) ?? null }
  const near = nearest(text, aliases)
  throw new UserError(
    `${JSON.stringify(text)} names no model, and there is no such file or folder${near ? `; did you mean ${near}?` : ''}\n` +
      'A model is one of:\n' +
      '  a Hugging Face folder     ./models/my-model\n' +
      '  a GGUF file               ./model.gguf\n' +
      '  a name on the Hub         Qwen/Qwen2.5-0.5B-Instruct\n' +
      `  an alias                  ${aliases.join(', ')}`,
    2,
  )
}

function localReference(path: string): ModelReference {
  if (statSync(path).isDirectory()) return { kind: 'folder', path }
  if (path.endsWith('.gguf')) return { kind: 'gguf', path }
  throw new UserError(`${path} is neither a folder nor a file that ends in .gguf`, 2)
}

/** What nobody would write for a name on the Hub. */
function isPathLike(text: string): boolean {
  return /^[./~]/.test(text) || (text.endsWith('.gguf') && !hubPattern.test(text))
}
