// How the Hub is reached: address, token and cache, from options or from the environment that all
// Hugging Face tools share.

import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { UserError } from '../base/errors.ts'

export type HubOptions = {
  /** Another Hub; by default HF_ENDPOINT, else the public one. */
  readonly hubUrl?: string
  readonly accessToken?: string
  /** By default HF_HUB_CACHE, else `hub` in the shared Hugging Face folder. */
  readonly cacheFolder?: string
  readonly fetch?: typeof fetch
  /** Called as a download goes on: file, bytes so far, all bytes. */
  readonly onProgress?: (file: string, bytes: number, total: number) => void
}

export type HubAccess = {
  readonly hubUrl: string
  readonly accessToken: string | undefined
  readonly cacheFolder: string
  readonly fetch: typeof fetch
  /** Nothing may be asked of the network. */
  readonly offline: boolean
  readonly onProgress: (file: string, bytes: number, total: number) => void
}

const publicHub = 'https://huggingface.co'

export function hubAccess(options: HubOptions, environment = process.env): HubAccess {
  const { HF_ENDPOINT, HF_HUB_OFFLINE = '', HF_HUB_CACHE, HUGGINGFACE_HUB_CACHE } = environment
  const home = hubHome(environment)
  const accessToken = options.accessToken ?? tokenFrom(environment, home)
  if (accessToken !== undefined && !accessToken.startsWith('hf_')) {
    throw new UserError('the access token for the Hub must start with "hf_"; check HF_TOKEN')
  }
  return {
    hubUrl: (options.hubUrl ?? HF_ENDPOINT ?? publicHub).replace(/\/+$/, ''),
    accessToken,
    cacheFolder: options.cacheFolder ?? HF_HUB_CACHE ?? HUGGINGFACE_HUB_CACHE ?? join(home, 'hub'),
    fetch: options.fetch ?? fetch,
    offline: ['1', 'true', 'yes', 'on'].includes(HF_HUB_OFFLINE.toLowerCase()),
    onProgress: options.onProgress ?? (() => {}),
  }
}

function hubHome({ HF_HOME, XDG_CACHE_HOME }: NodeJS.ProcessEnv): string {
  return HF_HOME ?? join(XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'huggingface')
}

/** The variables, then the file that logging in with Hugging Face's command writes. */
function tokenFrom(environment: NodeJS.ProcessEnv, home: string): string | undefined {
  const { HF_TOKEN, HUGGING_FACE_HUB_TOKEN, HF_TOKEN_PATH } = environment
  const given = (HF_TOKEN ?? HUGGING_FACE_HUB_TOKEN)?.trim()
  if (given) return given
  const file = HF_TOKEN_PATH ?? join(home, 'token')
  return existsSync(file) ? readFileSync(file, 'utf8').trim() || undefined : undefined
}
