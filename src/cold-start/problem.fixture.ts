// Small problems and demonstrations for tests.

import type { Problem } from '../data/problem.ts'
import type { Demonstration } from './demonstration.ts'

export const clips: Problem = {
  id: 'gsm8k/clips',
  question:
    'Natalia sold clips to 48 of her friends in April, and then half as many in May. How many did she sell altogether?',
  answer: '72',
  source: 'gsm8k',
  verifier: { kind: 'equivalence' },
  solution:
    'Natalia sold 48/2 = <<48/2=24>>24 clips in May.\nShe sold 48+24 = <<48+24=72>>72 clips altogether.',
}

export function demonstrationOf(changes: Partial<Demonstration> = {}): Demonstration {
  return {
    id: 'marks/gsm8k/clips',
    problem: clips,
    writer: 'marks',
    turns: [
      {
        thought: 'I need the clips in May first.',
        call: { tool: 'interpreter', arguments: { code: 'may = 48 / 2\nprint(48 + may)' } },
        output: { text: '72.0', ok: true, status: 'ok', durationMs: 0 },
      },
    ],
    closing: { thought: 'She sold 72 clips.', answer: '72' },
    ...changes,
  }
}
