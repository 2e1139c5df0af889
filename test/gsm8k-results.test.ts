import { expect, test } from 'vitest'
import type { Results } from '../recipes/gsm8k/results.ts'
import { resultsText } from '../recipes/gsm8k/results-text.ts'
import { ReportTally } from '../src/cold-start/report.ts'
import { EvaluationTally } from '../src/evaluate/evaluation-report.ts'

/** Of 20 problems, so many solved, from the first on; every other one is short. */
function reportOf(solved: number) {
  const tally = new EvaluationTally({ attemptsPerProblem: 1 })
  for (let index = 0; index < 20; index++) {
    tally.add({
      ...{ problemId: `p${index}`, source: index % 2 ? 'longer' : 'short', index: 0 },
      ...{ correct: index < solved, answer: '1', stop: 'answered', tokens: 9, turns: 1 },
      snippets: [],
    })
  }
  return tally.report()
}

const results: Results = {
  sizes: {
    ...{ model: 'small', demonstrations: 40, epochs: 1, steps: 3 },
    ...{ problemsPerStep: 4, groupSize: 8, test: 20 },
  },
  coldStart: new ReportTally().report(null, 1),
  reports: {
    tools: { untouched: null, 'cold-start': reportOf(12), rl: reportOf(13) },
    text: { untouched: reportOf(0), 'cold-start': reportOf(2), rl: reportOf(13) },
  },
}

test('the page says what the intervals allow and no more', () => {
  const page = resultsText(results, 'The machine was shared.')
  expect(page).toContain('| with tools | after the cold start | 60.0 [')
  expect(page).toContain('| text alone | untouched | 0.0 [0.0, 0.0] | 0.0 [0.0, 0.0]')
  expect(page).not.toContain('| with tools | untouched')
  expect(page).toContain('| after the cold start, tools less text | 50.0 [')
  expect(page).toContain('- after the cold start, tools less text: higher')
  expect(page).toContain('- after RL, tools less text: the interval holds zero')
  expect(page).toContain('40 demonstrations of the same problems, 1 epoch; then 3 steps of RL')
  expect(page).toContain('The machine was shared.')
})
