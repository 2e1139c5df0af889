// Programs that do not want to end.

import { type Attack, ended, error, ok, timeout } from './attack.ts'

export const time: readonly Attack[] = [
  { name: 'endless loop', code: 'while True: pass', ...timeout },
  { name: 'endless sleep', code: 'import time; time.sleep(1e6)', ...timeout },
  {
    name: 'signals ignored',
    code: `import signal
for s in (signal.SIGTERM, signal.SIGINT, signal.SIGALRM, signal.SIGXCPU, signal.SIGHUP):
    signal.signal(s, signal.SIG_IGN)
signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
while True: pass`,
    ...timeout,
  },
  {
    name: 'signal to itself',
    code: `import os; os.kill(os.getpid(), 15); print('still here')`,
    ...ended('SIGTERM'),
    stdout: /^$/,
  },
  {
    name: 'alarm',
    code: 'import signal, time; signal.setitimer(signal.ITIMER_REAL, 0.1); time.sleep(5)',
    timeoutMs: 4_000,
    ...ended('SIGALRM'),
  },
  {
    name: 'output before the stop is kept',
    code: `import time; print('before'); time.sleep(99)`,
    ...timeout,
    stdout: /^before\n$/,
  },
  {
    name: 'every exception caught',
    code: `while True:
    try:
        while True: pass
    except BaseException: continue`,
    ...timeout,
  },
  {
    name: 'endless arithmetic in one instruction',
    code: '10 ** 10 ** 9',
    status: ['timeout', 'memory_limit', 'error'],
  },
  { name: 'endless sum', code: 'sum(range(10**12))', ...timeout },
  {
    name: 'a daemon thread that would flood later',
    code: `import threading, time
def late():
    time.sleep(30)
    while True: print('flood')
threading.Thread(target=late, daemon=True).start()
print('answer')`,
    ...ok(/^answer\n$/),
  },
  {
    name: 'a thread that never ends is waited for',
    code: `import threading, time
threading.Thread(target=lambda: time.sleep(99)).start()
print('main ends')`,
    ...timeout,
    stdout: /main ends/,
  },
  {
    name: 'exit function that never returns',
    code: `import atexit
def forever():
    while True: pass
atexit.register(forever)`,
    ...timeout,
  },
  {
    name: 'finalizer that never returns',
    code: `class Late:
    def __del__(self):
        while True: pass
late = Late()`,
    ...timeout,
  },
  {
    name: 'regular expression that backtracks',
    code: `import re; re.match('(a+)+$', 'a' * 60 + 'b')`,
    ...timeout,
  },
  {
    name: 'exception hook that never returns',
    code: `import sys
def hook(*_):
    while True: pass
sys.excepthook = hook
1/0`,
    ...timeout,
  },
  {
    name: 'an exception whose text never comes',
    code: `class Slow(Exception):
    def __str__(self):
        while True: pass
raise Slow()`,
    ...timeout,
  },
  {
    name: 'own limits raised',
    code: `import resource; resource.setrlimit(resource.RLIMIT_CPU, (-1, -1))`,
    ...error(/ValueError|PermissionError/),
  },
  {
    name: 'timer of thousands of signals',
    code: `import signal
signal.signal(signal.SIGALRM, lambda *_: None)
signal.setitimer(signal.ITIMER_REAL, 1e-5, 1e-5)
while True: pass`,
    ...timeout,
  },
  {
    name: 'stopped by itself',
    code: 'import os, signal; os.kill(os.getpid(), signal.SIGSTOP)',
    ...timeout,
  },
]
