// The isolation that programs of the model would run in here.

import { type ForkLibrary, forkLibrary } from '../../sandbox/local/fork-library.ts'
import { type ProbeResult, probe } from '../../sandbox/probe.ts'
import type { Finding } from './finding.ts'

const name = 'sandbox'

/** @param python the interpreter that would run the programs; undefined before the set-up. */
export async function sandboxFinding(python: string | undefined): Promise<Finding> {
  if (!python) return { name, state: 'warning', found: 'not looked at: there is no Python yet' }
  try {
    return describe(await probe(python), await forkLibrary())
  } catch (error) {
    const found = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)
    return { name, state: 'missing', found }
  }
}

/** The tier in use, what keeps stronger ones away, and what would make programs start sooner. */
export function describe({ tier, findings, groups }: ProbeResult, library: ForkLibrary): Finding {
  const chosen = findings.findIndex((finding) => finding.tier === tier)
  const stronger = findings.slice(0, chosen < 0 ? findings.length : chosen)
  const advice = stronger.map((finding) => `${finding.tier}: ${finding.why}; ${finding.remedy}`)
  if (tier !== null && library.path === null) {
    advice.push(`programs would start sooner with a C compiler (cc, or CC=...): ${library.why}`)
  }
  const memory = groups ? `control groups ${groups}` : 'memory bounded per process'
  return {
    name,
    state: tier === null ? 'missing' : 'ok',
    found: tier === null ? 'no isolation is available' : `tier ${tier}, ${memory}`,
    ...(advice.length > 0 ? { advice: advice.join('; ') } : {}),
    details: { tier, groups, findings, library },
  }
}
