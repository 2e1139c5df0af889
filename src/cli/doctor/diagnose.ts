// Looks at everything that the program needs.

import { locate } from '../../../setup/locate.mjs'
import { addonFinding } from './addon-finding.ts'
import { cacheFindings } from './cache-findings.ts'
import type { Diagnosis } from './finding.ts'
import {
  compilerFinding,
  memoryFinding,
  nodeFinding,
  processorFinding,
} from './machine-findings.ts'
import { pythonFindings } from './python-findings.ts'
import { sandboxFinding } from './sandbox-finding.ts'
import { askTorch, torchFindings } from './torch-findings.ts'

export async function diagnose(): Promise<Diagnosis> {
  const location = locate()
  const [torch, caches, addon, sandbox] = await Promise.all([
    location ? askTorch(location.python) : undefined,
    cacheFindings(),
    addonFinding(location?.addon ?? null),
    sandboxFinding(location?.python),
  ])
  const findings = [
    nodeFinding(),
    compilerFinding(),
    ...pythonFindings(location),
    ...torchFindings(torch),
    addon,
    processorFinding(torch?.kind === 'facts' ? torch.facts : undefined),
    memoryFinding(),
    sandbox,
    ...caches,
  ]
  return { ready: findings.every(({ state }) => state !== 'missing'), findings }
}
