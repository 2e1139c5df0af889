// For tests: an interpreter that runs snippets one after the other in one Python process, each with
// fresh variables. Fast, and no isolation at all.

import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { createInterface, type Interface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { pythonExecutable } from '../python/python-executable.ts'
import type { Tool } from '../tool/tool.ts'
import type { ToolOutput } from '../trajectory/call.ts'

const program = `
import contextlib, io, json, sys, traceback
for line in sys.stdin:
    out = io.StringIO()
    ok = True
    with contextlib.redirect_stdout(out):
        try:
            exec(compile(json.loads(line), "main.py", "exec"), {"__name__": "__main__"})
        except BaseException as error:
            ok = False
            out.write("".join(traceback.format_exception_only(error)))
    print(json.dumps([ok, out.getvalue().rstrip()]), flush=True)
`

interface Running {
  readonly child: ChildProcessByStdio<Writable, Readable, null>
  readonly replies: Interface
}

let running: Running | undefined
let queue: Promise<unknown> = Promise.resolve()

function start(): Running {
  const child = spawn(pythonExecutable(), ['-c', program], { stdio: ['pipe', 'pipe', 'ignore'] })
  // The process ends with its standard input, that is, with the tests.
  child.unref()
  return { child, replies: createInterface({ input: child.stdout }) }
}

async function run(code: string): Promise<ToolOutput> {
  running ??= start()
  const { child, replies } = running
  const reply = new Promise<string>((resolve) => replies.once('line', resolve))
  child.stdin.write(`${JSON.stringify(code)}\n`)
  const [ok, text] = JSON.parse(await reply) as [boolean, string]
  return { text, ok, status: ok ? 'ok' : 'error', durationMs: 1 }
}

export const pythonTool: Tool = {
  name: 'interpreter',
  description: 'Runs Python.',
  parameters: {},
  call(call) {
    const turn = queue.then(() => run(String(call.arguments['code'])))
    queue = turn
    return turn
  },
}
