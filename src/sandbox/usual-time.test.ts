// Median and deviation as the worker keeps them, against values worked out by hand.

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
def note(times, *all):
    for _ in range(times):
        for seconds in all: time.note(seconds)
    steps.append(shown())
note(15, 0.006)
note(1, 0.006)
note(11, 0.010, 0.014, 0.012)
note(8, 0.012, 0.011, 0.012, 0.040)
note(31, 0)
note(31, 3600)
print(json.dumps(steps))
`

test('the median of the last 31, and four deviations or half as much again, within bounds', () => {
  const modules = dirname(dirname(workerProgram()))
  const found = execFileSync(pythonExecutable(), ['-B', '-c', program, modules], {
    encoding: 'utf8',
  })
  expect(JSON.parse(found)).toEqual([
    [50_000, 50_000], // microseconds, until there is a majority to learn from
    [50_000, 50_000],
    [6_000, 9_000],
    [12_000, 20_000], // a third each of 10, 12 and 14: the deviation is 2
    [12_000, 18_000], // a quarter take long, which changes neither; the deviation is 1
    [1_000, 4_000],
    [50_000, 50_000],
  ])
})
