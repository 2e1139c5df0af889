// Runs the tools (pip, npm, compilers) with their output in the log, and finds out whether a process lives.

import { spawn, spawnSync } from 'node:child_process'
import { appendFileSync, readFileSync } from 'node:fs'

const keptOutput = 200_000

/** @typedef {{ pid: number, started: string }} Identity */

/**
 * @typedef {object} Outcome
 * @property {number} code 127 where the program could not be started, 128 where a signal ended it
 * @property {string} output the last 200,000 characters of both streams
 */

/** Leaders of the process groups that are running now; ended with us.
 * @type {Map<number, Identity>} */
const running = new Map()

/** Told whenever a child starts or ends, so that the lock can name them.
 * @type {(children: readonly Identity[]) => void} */
let watcher = () => undefined

/** @param {(children: readonly Identity[]) => void} told */
export function watchChildren(told) {
  watcher = told
}

/**
 * Runs a program in a process group of its own, so that ending it ends what it started as well.
 * @param {string} command
 * @param {readonly string[]} parameters
 * @param {{ log: string, cwd?: string, environment?: NodeJS.ProcessEnv, onLine?: (line: string) => void }} options
 * @returns {Promise<Outcome>}
 */
export function runLogged(command, parameters, { log, cwd, environment, onLine }) {
  appendFileSync(log, `\n$ ${[command, ...parameters].join(' ')}\n`)
  return new Promise((resolve, reject) => {
    const child = spawn(command, parameters, {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
      ...(cwd ? { cwd } : {}),
      env: environment ?? process.env,
    })
    let output = ''
    /** @param {string} text */
    const take = (text) => {
      output = (output + text).slice(-keptOutput)
      try {
        appendFileSync(log, text)
      } catch (error) {
        killGroup(child.pid)
        reject(error)
      }
      if (onLine) for (const line of text.split(/[\r\n]+/)) if (line.trim()) onLine(line.trim())
    }
    child.stdout.setEncoding('utf8').on('data', take)
    child.stderr.setEncoding('utf8').on('data', take)
    if (child.pid !== undefined) {
      running.set(child.pid, { pid: child.pid, started: startOf(child.pid) })
      watcher([...running.values()])
    }
    /** @param {Outcome} outcome */
    const finish = (outcome) => {
      if (child.pid !== undefined) running.delete(child.pid)
      watcher([...running.values()])
      resolve(outcome)
    }
    child.on('error', (error) => finish({ code: 127, output: error.message }))
    child.on('close', (code) => finish({ code: code ?? 128, output }))
  })
}

/** Ends what is running; for signals. */
export function killChildren() {
  for (const pid of running.keys()) killGroup(pid)
}

/** @param {number | undefined} pid */
export function killGroup(pid) {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // Gone already.
  }
}

/** When a process began, in whatever form the system has; '' where there is no such process.
 * A pid alone is not an identity: it is given to another process later.
 * @param {number} pid @returns {string} */
export function startOf(pid) {
  if (process.platform === 'linux') {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      return fields[0] === 'Z' ? '' : (fields[19] ?? '')
    } catch {
      return ''
    }
  }
  return (
    spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).stdout?.trim() ?? ''
  )
}

/** @param {Identity} identity */
export function isAlive({ pid, started }) {
  return startOf(pid) === started && started !== ''
}
