// For tests: an interpreter that runs the private Python directly, one process a call.

import { spawn } from 'node:child_process'
import { pythonExecutable } from '../python/python-executable.ts'
import type { Tool } from '../tool/tool.ts'
import type { ToolOutput } from '../trajectory/call.ts'

export const pythonTool: Tool = {
  name: 'interpreter',
  description: 'Runs Python.',
  parameters: {},
  call: (call) =>
    new Promise<ToolOutput>((resolve, reject) => {
      const child = spawn(pythonExecutable(), ['-'], {
        stdio: ['pipe', 'pipe', 'pipe'],
      })
      let text = ''
      child.stdout.on('data', (chunk: Buffer) => {
        text += chunk.toString()
      })
      child.stderr.on('data', (chunk: Buffer) => {
        text += chunk.toString()
      })
      child.on('error', reject)
      child.on('close', (code) =>
        resolve({
          text: text.trimEnd(),
          ok: code === 0,
          status: code === 0 ? 'ok' : 'error',
          durationMs: 1,
        }),
      )
      child.stdin.end(String(call.arguments['code']))
    }),
}
