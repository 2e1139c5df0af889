// Hostile programs for a load in which healthy ones must not notice them.

export const hostile: readonly string[] = [
  'import os\nwhile True:\n    try: os.fork()\n    except OSError: pass',
  'x = []\nwhile True: x.append(bytearray(b"x" * (1 << 20)))',
  'while True: print("y" * 1000)',
  `import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0: time.sleep(1000)
    os._exit(0)
print('left')`,
]
