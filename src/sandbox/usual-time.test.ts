// Mean and spread as the worker keeps them, against values worked out by hand.

import { execFileSync } from 'node:child_process'
import { dirname } from 'node:path'
import { expect, test } from 'vitest'
import { pythonExecutable } from '../python/python-executable.ts'
import { workerProgram } from './local/worker-settings.ts'

const program = `
import json, sys
sys.path.insert(0, sys.argv[1])
from worker.usual_time import UsualTime

time = UsualTime()
shown = lambda: [round(time.usual() * 1e6), round(time.most() * 1e6)]
steps = [shown()]
for seconds in (0.010, 0.006):
    time.note(seconds)
    steps.append(shown())
for _ in range(500): time.note(0.006)
steps.append(shown())
for _ in range(500): time.note(0)
steps.append(shown())
for _ in range(500): time.note(3600)
steps.append(shown())
print(json.dumps(steps))
`

test('a new value counts a sixteenth, within bounds; four spreads hardly any program exceeds', () => {
  const modules = dirname(dirname(workerProgram()))
  const found = execFileSync(pythonExecutable(), ['-B', '-c', program, modules], {
    encoding: 'utf8',
  })
  // Microseconds. The spread is 10, then 10 - 10 / 16, then 9.375 + (4 - 9.375) / 16 ms.
  expect(JSON.parse(found)).toEqual([
    [10_000, 50_000],
    [10_000, 47_500],
    [9_750, 45_906],
    [6_000, 6_000],
    [4_000, 4_000],
    [50_000, 50_000],
  ])
})
