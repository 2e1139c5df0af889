// Asks a Python what it has.

import { spawn } from 'node:child_process'
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from './package-root.mjs'

/** @typedef {import('./state.mjs').PythonFacts} PythonFacts */
/** @typedef {{ kind: 'facts', facts: PythonFacts } | { kind: 'failed', output: string }} Answer */

/** torch's first import from a cold disk takes a while. */
const deadlineMs = 180_000

/**
 * @param {string} executable
 * @param {{ log: string, own: boolean }} options own: the environment is ours, so everything in it
 *   must import
 * @returns {Promise<Answer>}
 */
export async function askFacts(executable, { log, own }) {
  const parameters = [join(packageRoot(), 'setup', 'facts.py'), ...(own ? ['--import'] : [])]
  const { code, stdout, stderr } = await capture(executable, parameters)
  appendFileSync(log, `\n$ ${[executable, ...parameters].join(' ')}\n${stdout}${stderr}`)
  const line = stdout.split('\n').find((candidate) => candidate.startsWith('{'))
  if (code !== 0 || !line) return { kind: 'failed', output: stderr || stdout }
  return { kind: 'facts', facts: { ...JSON.parse(line), private: own } }
}

/** @param {string} command @param {readonly string[]} parameters
 * @returns {Promise<{ code: number, stdout: string, stderr: string }>} */
function capture(command, parameters) {
  return new Promise((resolve) => {
    const child = spawn(command, parameters, {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: deadlineMs,
    })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text
    })
    child.stderr.setEncoding('utf8').on('data', (text) => {
      stderr += text
    })
    child.on('error', (error) => resolve({ code: 127, stdout, stderr: error.message }))
    child.on('close', (code) => resolve({ code: code ?? 128, stdout, stderr }))
  })
}
