// Looks at everything that the program needs.

import { locate } from '../../../setup/locate.mjs'
import { fastestDtype } from '../../base/processor.ts'
import { openPretrained } from '../../pretrained/pretrained.ts'
import { neededMemory, quickstartSize, trainingMemory } from '../../train/memory-estimate.ts'
import { chosenQuickstart, quickstartConfig } from '../../train/quickstart-config.ts'
import { addonFinding } from './addon-finding.ts'
import { cacheFindings } from './cache-findings.ts'
import type { Diagnosis } from './finding.ts'
import {
  compilerFinding,
  type MemoryNeeds,
  memoryFinding,
  nodeFinding,
  processorFinding,
} from './machine-findings.ts'
import { pythonFindings } from './python-findings.ts'
import { sandboxFinding } from './sandbox-finding.ts'
import { askTorch, torchFindings } from './torch-findings.ts'

export async function diagnose(): Promise<Diagnosis> {
  const location = locate()
  const [torch, caches, addon, sandbox, needs] = await Promise.all([
    location ? askTorch(location.python) : undefined,
    cacheFindings(),
    addonFinding(location?.addon ?? null),
    sandboxFinding(location?.python),
    location?.facts.smollm2 ? quickstartNeeds() : null,
  ])
  const findings = [
    nodeFinding(),
    compilerFinding(),
    ...pythonFindings(location),
    ...torchFindings(torch),
    addon,
    processorFinding(torch?.kind === 'facts' ? torch.facts : undefined),
    memoryFinding(needs),
    sandbox,
    ...caches,
  ]
  return { ready: findings.every(({ state }) => state !== 'missing'), findings }
}

async function quickstartNeeds(): Promise<MemoryNeeds> {
  const source = await openPretrained(quickstartConfig.model)
  const needed = (algorithm: keyof MemoryNeeds) => {
    const choice = { check: false, seed: 1, algorithm, dtype: fastestDtype() }
    return neededMemory(trainingMemory(source, quickstartSize(chosenQuickstart(choice))))
  }
  return { grpo: needed('grpo'), ppo: needed('ppo') }
}
