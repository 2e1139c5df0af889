// Opens a sandbox: workers on this machine, or servers elsewhere.

import { availableParallelism } from 'node:os'
import { UserError } from '../base/errors.ts'
import { pythonExecutable } from '../python/python-executable.ts'
import { checkOptions } from './checked-options.ts'
import type { SessionLimits } from './conversation.ts'
import { checkedLimits } from './limits.ts'
import { forkLibrary } from './local/fork-library.ts'
import { LocalPool } from './local/local-pool.ts'
import { defaultPreload, workerSettings } from './local/worker-settings.ts'
import { chosenTier, probe } from './probe.ts'
import { RemotePool } from './remote/remote-pool.ts'
import type { Sandbox } from './sandbox.ts'
import type { SandboxOptions } from './sandbox-options.ts'

const defaultQueueLength = 10_000
const defaultSession: SessionLimits = { idleMs: 600_000, cells: 1_000, perWorker: 16 }

/** Throws UserError when nothing usable is there. Close it to end its processes. */
export async function createSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  checkOptions(options)
  const { servers, token } = options
  if (servers === undefined) return startLocalPool(options)
  const remote = await RemotePool.connect({
    servers,
    token,
    limits: checkedLimits(options.limits),
    queueLength: options.queueLength ?? defaultQueueLength,
    session: sessionLimits(options),
  })
  if (options.tier === undefined || remote.tier === options.tier) return remote
  await remote.close()
  throw new UserError(`tier ${options.tier} was asked for, but a server runs at ${remote.tier}`)
}

/** The same on this machine only, with what can be seen of a pool from outside. */
export async function startLocalPool(options: SandboxOptions = {}): Promise<LocalPool> {
  checkOptions(options)
  const python = options.python ?? pythonExecutable()
  const found = await probe(python).catch((error) => {
    throw options.python === undefined ? error : new UserError(`python: ${error.message}`)
  })
  const tier = chosenTier(found, options.tier)
  const slots = options.slots ?? 3
  const lingering = options.lingering ?? 4
  const settings = workerSettings({
    tier,
    python,
    slots,
    lingering,
    preload: options.preload ?? defaultPreload,
    preloadMayLack: options.preload === undefined,
    readable: options.readable ?? [],
    scratchMb: options.scratchMb ?? 64,
    library: (await forkLibrary()).path,
  })
  const starting = LocalPool.start({
    tier,
    settings,
    slots,
    workers: options.workers ?? availableParallelism(),
    queueLength: options.queueLength ?? defaultQueueLength,
    recycleAfter: options.recycleAfter ?? 20_000,
    limits: checkedLimits(options.limits),
    outputCharacters: options.outputCharacters,
    session: sessionLimits(options),
    onWorkerLost: options.onWorkerLost ?? (() => {}),
  })
  return starting.catch((error) => {
    throw lackingModule(error) ?? error
  })
}

function sessionLimits({ session = {} }: SandboxOptions): SessionLimits {
  const given = Object.entries(session).filter(([, value]) => value !== undefined)
  return { ...defaultSession, ...Object.fromEntries(given) }
}

/** The user's mistake behind a worker that could not start, if it is one. */
function lackingModule(error: Error): UserError | undefined {
  const told = /sandbox worker: (preload: .*)/.exec(error.message)?.[1]
  return told === undefined ? undefined : new UserError(told)
}
