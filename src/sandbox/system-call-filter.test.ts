// The filter is run here as the kernel would run it, on every number: it refuses what is listed, and nothing else.

import { execFileSync } from 'node:child_process'
import { dirname } from 'node:path'
import { expect, test } from 'vitest'
import { pythonExecutable } from '../python/python-executable.ts'
import { workerProgram } from './local/worker-settings.ts'

const program = `
import json, platform, struct, sys
sys.path.insert(0, sys.argv[1])
from worker import denied_calls, seccomp

ARCHITECTURE = seccomp._AUDIT_ARCHITECTURE[platform.machine()]

def verdict(filter, number, arguments=(), architecture=ARCHITECTURE):
    data = struct.pack("<IIQ6Q", number, architecture, 0, *arguments, *[0] * (6 - len(arguments)))
    code, at, word = filter._program.raw, 0, 0
    while True:
        kind, if_true, if_false, value = struct.unpack_from("HBBI", code, 8 * at)
        at += 1
        if kind == 0x06:
            return value
        if kind == 0x20:
            (word,) = struct.unpack_from("<I", data, value)
        else:
            held = {0x15: word == value, 0x35: word >= value, 0x45: word & value != 0}[kind]
            at += if_true if held else if_false

numbers = denied_calls.NUMBERS[platform.machine()]
boxed = seccomp.build(0, True, True, False)
alone = seccomp.build(77, False, False, True)
listed = lambda *names: sorted(numbers[n] for group in names for n in group if n in numbers)
refused = lambda filter: [n for n in range(1024) if verdict(filter, n) != seccomp._ALLOW]
always = denied_calls.COMMON | {"clone3", "socketpair"}
more = denied_calls.WITHOUT_NAMESPACES | denied_calls.SHARED_IDENTITY
# With all arguments 0 the calls that may concern oneself only are refused where 0 means a group.
others = {"clone", "fork", "vfork", "kill", "tgkill", "rt_sigqueueinfo"}
ask = lambda filter, name, *arguments: verdict(filter, numbers[name], arguments) & 0xFFFF
print(json.dumps({
    "boxed": refused(boxed) == listed(always),
    "alone": refused(alone) == listed(always, more, others),
    "threads and processes": [ask(boxed, "clone", 0x11), ask(boxed, "clone", 0x10000011), ask(alone, "clone", 0x11),
                              ask(alone, "clone", 0x10000)],
    "signals": [ask(alone, "kill", 77), ask(alone, "kill", 78), ask(boxed, "kill", 78)],
    "owners": [ask(alone, "fcntl", 0, command) for command in (1, 8, 10, 15)],
    "limits": [ask(alone, "prlimit64", pid) for pid in (0, 77, 78)],
    "another architecture": verdict(boxed, 1, (), 0x40000003),
}))
`

test.runIf(process.platform === 'linux')('the filter refuses what is listed', () => {
  const modules = dirname(dirname(workerProgram()))
  const found = execFileSync(pythonExecutable(), ['-B', '-c', program, modules], {
    encoding: 'utf8',
  })
  const [allowed, notPermitted, again] = [0, 1, 11]
  expect(JSON.parse(found)).toEqual({
    boxed: true,
    alone: true,
    'threads and processes': [allowed, notPermitted, again, allowed],
    signals: [allowed, notPermitted, allowed],
    owners: [allowed, notPermitted, notPermitted, notPermitted],
    limits: [allowed, allowed, notPermitted],
    'another architecture': 0x8000_0000,
  })
})
