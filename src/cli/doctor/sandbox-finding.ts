// Which isolation programs get on this machine, why not a stronger one, and what would make it so.

import { probe } from '../../sandbox/probe.ts'
import type { Finding } from './finding.ts'

const name = 'sandbox'

export async function sandboxFinding(python: string | undefined): Promise<Finding> {
  try {
    const result = await probe(python)
    const stronger = result.findings.slice(
      0,
      result.findings.findIndex(({ tier }) => tier === result.tier),
    )
    const reasons = (result.tier === null ? result.findings : stronger).map(
      ({ tier, why, remedy }) => `${tier}: ${why}; to have it: ${remedy}`,
    )
    return {
      name,
      state: result.tier === null ? 'warning' : 'ok',
      found: result.tier === null ? 'no isolation to be had here' : `tier ${result.tier}`,
      ...(reasons.length > 0 && { advice: reasons.join('\n') }),
      details: { ...result },
    }
  } catch (error) {
    return { name, state: 'warning', found: error instanceof Error ? error.message : String(error) }
  }
}
