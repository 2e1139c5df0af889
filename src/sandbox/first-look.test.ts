// When a program is first looked at, against moments worked out by hand.

import { execFileSync } from 'node:child_process'
import { dirname } from 'node:path'
import { expect, test } from 'vitest'
import { pythonExecutable } from '../python/python-executable.ts'
import { workerProgram } from './local/worker-settings.ts'

const program = `
import json, sys
sys.path.insert(0, sys.argv[1])
from worker.runs import Run
from worker.usual_time import UsualTime

def first_look(usual_seconds, running, crowded):
    time = UsualTime()
    for _ in range(31): time.note(usual_seconds)
    run = Run({"run": 1, "limits": {"headBytes": 1, "tailBytes": 1}}, None, time)
    run.started = 100.0
    run.look_first(running, crowded)
    return round((run.lingers_at - 100) * 1e6)
cases = [(0.002, 1, False), (0.002, 3, False), (0.012, 3, False), (0.012, 9, False),
         (0.002, 3, True), (0.012, 3, True), (0.05, 3, True)]
print(json.dumps([first_look(*case) for case in cases]))
`

test('as soon as it can have had its time, which it shares; in a crowd as if it were alone', () => {
  const modules = dirname(dirname(workerProgram()))
  const found = execFileSync(pythonExecutable(), ['-B', '-c', program, modules], {
    encoding: 'utf8',
  })
  expect(JSON.parse(found)).toEqual([
    5_000, // microseconds; the usual 2 ms are not worth a look
    15_000,
    36_000,
    50_000, // nobody is left alone for longer
    3_000, // sooner, and no matter how many run
    12_000,
    50_000,
  ])
})
