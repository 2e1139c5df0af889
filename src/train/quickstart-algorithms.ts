// The methods that the quickstart knows, by the names that people give them. It loads nothing, since
// the list of commands needs them.

import type { CriticFreeAdvantage, GaeAdvantage } from '../advantage/advantage-estimator.ts'

export const quickstartAlgorithms = {
  grpo: { kind: 'grpo' },
  ppo: { kind: 'gae', gamma: 1, lambda: 1 },
  'dr-grpo': { kind: 'drGrpo' },
  rloo: { kind: 'rloo' },
  opo: { kind: 'opo' },
  'reinforce++': { kind: 'reinforcePlusPlus', gamma: 1 },
  'reinforce++-baseline': { kind: 'reinforcePlusPlusBaseline' },
} as const satisfies Record<string, CriticFreeAdvantage | GaeAdvantage>

export type QuickstartAlgorithm = keyof typeof quickstartAlgorithms

export const algorithmNames = Object.keys(quickstartAlgorithms) as QuickstartAlgorithm[]
