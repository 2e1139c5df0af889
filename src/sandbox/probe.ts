// Which isolation this machine offers, why not a stronger one, and what would make it available.

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { UserError } from '../base/errors.ts'
import { pythonExecutable } from '../python/python-executable.ts'
import { workerProgram } from './local/worker-settings.ts'
import type { Tier } from './sandbox.ts'

const strongestFirst = ['ns-root', 'ns-user', 'landlock'] as const

export interface TierFinding {
  readonly tier: Tier
  readonly usable: boolean
  /** What failed when it was tried, and the way out; empty for a usable tier. */
  readonly why: string
  readonly remedy: string
}

export interface ProbeResult {
  /** The strongest usable tier, or null where programs cannot be run safely here. */
  readonly tier: Tier | null
  readonly findings: readonly TierFinding[]
  /** How memory of a whole box is bounded: control groups by version, or per process only. */
  readonly groups: 'v1' | 'v2' | null
}

interface Reported {
  readonly tiers: Readonly<Record<string, { usable: boolean; why?: string; remedy?: string }>>
  readonly groups: 'v1' | 'v2' | null
}

/** Tries each tier in a throw-away process of the given interpreter. Throws UserError without one. */
export async function probe(
  python?: string,
  platform: NodeJS.Platform = process.platform,
): Promise<ProbeResult> {
  const elsewhere = platform !== 'linux'
  const reported = elsewhere ? nothing(platform) : await reportedBy(python ?? pythonExecutable())
  const findings = strongestFirst.map((tier): TierFinding => {
    const found = reported.tiers[tier]
    return {
      tier,
      usable: found?.usable ?? false,
      why: found?.why ?? '',
      remedy: found?.remedy ?? '',
    }
  })
  const tier = findings.find(({ usable }) => usable)?.tier ?? null
  return { tier, findings, groups: reported.groups }
}

/**
 * The tier to run at: the strongest usable one or, when one was asked for, exactly that.
 * Throws UserError with each failed probe and its way out; never chooses a weaker one.
 */
export function chosenTier(
  found: ProbeResult,
  asked: Tier | undefined,
  platform: NodeJS.Platform = process.platform,
): Tier {
  if (asked === 'unsafe' && platform === 'linux') return asked
  if (asked === undefined && found.tier !== null) return found.tier
  const sought = (tier: Tier) => asked === undefined || asked === 'unsafe' || tier === asked
  const wanted = found.findings.filter(({ tier }) => sought(tier))
  if (asked !== undefined && wanted.some(({ usable }) => usable)) return asked
  const reasons = wanted.map(({ tier, why, remedy }) => `  ${tier}: ${why}; to mend it: ${remedy}`)
  const heading = asked
    ? `sandbox tier ${asked} is not available on this machine`
    : 'no sandbox tier is available on this machine'
  throw new UserError([heading, ...reasons, wayOut].join('\n'))
}

const wayOut =
  '  or run `retool-rl sandbox serve` on a Linux machine or in a Linux container and give its address ' +
  '(sandbox.servers); on Linux, for trusted programs only, tier "unsafe" runs without isolation'

async function reportedBy(python: string): Promise<Reported> {
  try {
    const { stdout } = await promisify(execFile)(python, ['-s', '-B', workerProgram(), 'probe'], {
      timeout: 30_000,
    })
    return JSON.parse(stdout)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new UserError(
      `the sandbox's Python (${python}) could not be run: ${why.trim()}\n` +
        '  expected Python 3.9 or later; name another one with the option python or RETOOL_PYTHON',
    )
  }
}

function nothing(platform: NodeJS.Platform): Reported {
  const names: Readonly<Record<string, string>> = { darwin: 'macOS', win32: 'Windows' }
  const remedy = platform === 'win32' ? 'use WSL 2' : 'use a Linux virtual machine or container'
  const why = `needs Linux; this is ${names[platform] ?? platform}`
  const finding = { usable: false, why, remedy }
  return { tiers: Object.fromEntries(strongestFirst.map((t) => [t, finding])), groups: null }
}
