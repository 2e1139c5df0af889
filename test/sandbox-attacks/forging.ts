// Programs that forge what the harness says of them, or make it too large or too strange to say.

import { type Attack, error, ok, timeout } from './attack.ts'

/** Finds the report in the harness's frames, writes `text` (a Python expression) into it and leaves. */
const forged = (text: string, ending = 'os._exit(1)') => `import os, struct, sys
frame = sys._getframe()
while frame:
    for value in list(frame.f_locals.values()):
        shared = getattr(value, '_shared', None)
        if shared is not None:
            text = ${text}
            shared[:4 + len(text)] = struct.pack('I', len(text)) + text
    frame = frame.f_back
${ending}`

const shapes: readonly (readonly [string, string])[] = [
  ['a failure of ours', `b'{"setUp": "forged"}'`],
  ['not a number', `b'{"exception": {"type": NaN, "message": Infinity, "text": NaN}}'`],
  ['numbers for texts', `b'{"exception": {"type": 1, "message": 2, "text": 3}}'`],
  ['a list', `b'[1, 2]'`],
  ['a text', `b'"exception"'`],
  ['endless brackets', `b'[' * 60000`],
  ['wide characters', `('{"exception": {"type": "' + 'é' * 30000 + '"}}').encode()`],
  ['files nobody asked for', `b'{"files": {"/etc/passwd": "x", "n": 5}}'`],
  ['a length beyond the end', `b'\\xff' * 100`],
]

export const forging: readonly Attack[] = [
  ...shapes.map(([name, text]) => ({
    name: `report forged: ${name}`,
    code: forged(text),
    status: ['exit'] as const,
  })),
  {
    name: 'a report forged by a program that then loops',
    code: forged(`b'{"setUp": "forged"}'`, 'while True: pass'),
    ...timeout,
  },
  {
    name: 'a wide error message',
    code: `raise ValueError('é' * 100_000)`,
    ...error(/^ValueError$/),
  },
  {
    name: 'an error message beyond the basic plane',
    code: `raise ValueError('\\U0001f600' * 50_000)`,
    ...error(/^ValueError$/),
  },
  {
    name: 'an error message of lone surrogates',
    code: String.raw`raise ValueError('\ud800' * 50_000)`,
    ...error(/^ValueError$/),
  },
  {
    name: 'an error whose type has an endless name',
    code: `raise type('X' * 500_000, (Exception,), {})('x')`,
    ...error(/^X+/),
  },
  {
    name: 'a group of a hundred thousand errors',
    code: `raise ExceptionGroup('many', [ValueError(i) for i in range(100_000)])`,
    timeoutMs: 20_000,
    ...error(/^ExceptionGroup$/),
  },
  {
    name: 'a chain of ten thousand errors',
    code: `e = None
for n in range(10_000):
    new = ValueError(n); new.__cause__ = e; e = new
raise e`,
    timeoutMs: 20_000,
    ...error(/^ValueError$/),
  },
  {
    name: 'brackets without end in JSON',
    code: `import json; json.loads('[' * 10**6)`,
    ...error(/^RecursionError$/),
  },
  {
    name: 'brackets without end in the program',
    code: `${'('.repeat(20_000)}1${')'.repeat(20_000)}`,
    status: ['error', 'signal', 'exit'],
  },
  {
    name: 'no standard output at all',
    code: `import sys; print('said'); sys.stdout = sys.stderr = None; print('unsaid')`,
    ...ok(/^said\n$/),
  },
  {
    name: 'standard output closed',
    code: `import sys; print('said'); sys.stdout.close()`,
    ...ok(/^said\n$/),
  },
  {
    name: 'a hook that breaks while it tells of an error',
    code: `import sys
def hook(*_): raise RuntimeError('in the hook')
sys.excepthook = hook
1/0`,
    ...error(/^ZeroDivisionError$/),
  },
  {
    name: 'exit status below zero',
    code: 'raise SystemExit(-1)',
    status: ['exit'],
  },
]
