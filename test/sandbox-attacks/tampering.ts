// Programs that tamper with the interpreter, or leave something behind for the next one.

import { type Attack, ok } from './attack.ts'

export const tampering: readonly Attack[] = [
  {
    name: 'builtins replaced',
    code: `import builtins, sys, json, os
builtins.print = builtins.repr = json.dumps = lambda *a, **k: 'forged'
os._exit = sys.exit = lambda *_: None
raise SystemExit(7)`,
    status: ['exit', 'ok'],
  },
  {
    name: 'exit with 0 after a failure',
    code: 'import sys\ntry: 1/0\nexcept Exception: sys.exit(0)',
    ...ok(/^$/),
  },
  {
    name: 'hard exit',
    code: `import os, sys; sys.stdout.write('kept?'); sys.stdout.flush(); os._exit(0)`,
    ...ok(/^kept\?$/),
  },
  {
    name: 'exit with a text',
    code: `raise SystemExit('text')`,
    status: ['exit'],
    stdout: /^text\n$/,
  },
  {
    name: 'libraries patched',
    code: `import math, sys, os, decimal, numpy, sympy, random
math.sqrt = lambda x: 0
sympy.solve = None
numpy.seterr(all='raise')
decimal.getcontext().prec = 2
sys.path.insert(0, '/nowhere')
os.environ['LEFT'] = 'behind'
random.seed(0)
print('patched')`,
    ...ok(/^patched\n$/),
  },
  {
    name: 'files left behind',
    code: `import os
open('/tmp/secret', 'w').write('x')
try: open('/dev/shm/secret', 'w').write('x')
except OSError: pass
print(os.listdir('/tmp'))`,
    ...ok(/secret/),
    landlock: { status: ['error'] },
  },
  {
    name: 'shared memory of the old kind',
    code: `import ctypes
c = ctypes.CDLL(None, use_errno=True)
print(c.shmget(0x1234, 4096, 0o1666), c.semget(0x1234, 1, 0o1666), c.msgget(0x1234, 0o1666))`,
    ...ok(/^-1 -1 -1\n$/),
  },
  {
    name: 'the harness looked for',
    code: `import sys, gc
print([n for n in sys.modules if n.split('.')[0] == 'worker'])`,
    ...ok(/^\[\]\n$/),
  },
  {
    name: 'the report forged',
    code: `import gc, mmap, struct
for o in gc.get_objects():
    if isinstance(o, mmap.mmap):
        o[:8] = struct.pack('I', 1 << 31) + b'{{{{'
import sys
frame = sys._getframe()
while frame:
    for value in list(frame.f_locals.values()):
        if isinstance(value, mmap.mmap): value[:40] = b'\\xff' * 40
    frame = frame.f_back
1/0`,
    status: ['error', 'exit'],
  },
  {
    name: 'the reports of others that run at the same time',
    code: `import gc, mmap
print(sum(not o.closed for o in gc.get_objects() if isinstance(o, mmap.mmap)))`,
    ...ok(/^[01]\n$/),
  },
  {
    name: 'clocks',
    code: `import time\ntry: time.clock_settime(time.CLOCK_REALTIME, 0); print('set')\nexcept OSError: print('refused')`,
    ...ok(/^refused\n$/),
  },
  {
    name: 'main module as Python has it',
    code: `import __main__, dataclasses, pickle
@dataclasses.dataclass
class Point: x: int
print(pickle.loads(pickle.dumps(Point(3))), __name__, __main__.Point is Point)`,
    ...ok(/^Point\(x=3\) __main__ True\n$/),
  },
]
