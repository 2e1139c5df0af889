// One set-up at a time per cache folder. The lock names its holder by pid and start time, so that a
// holder that was killed, even one whose pid is in use again, does not block the next.

import { randomBytes } from 'node:crypto'
import {
  linkSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { isAlive, killGroup, startOf, watchChildren } from './processes.mjs'
import { readStamp } from './stamp.mjs'

/** @typedef {import('./processes.mjs').Identity} Identity */
/** @typedef {{ host: string, holder: Identity, children: readonly Identity[] }} Lock */

const pollMs = 300
const heartbeatMs = 5_000
/** A holder on another machine (a shared home folder) cannot be looked at: its heartbeat decides. */
const foreignStaleMs = 60_000
const takeoverStaleMs = 10_000

/**
 * Waits for the lock, runs `work` and lets go.
 * @template T
 * @param {string} folder cache folder; made if missing
 * @param {(line: string) => void} say told once when there is somebody to wait for
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(folder, say, work) {
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'setup.lock')
  const own = {
    host: hostname(),
    holder: { pid: process.pid, started: startOf(process.pid) },
    children: [],
  }
  await acquire(file, own, say)
  const heartbeat = setInterval(() => touch(file), heartbeatMs)
  heartbeat.unref()
  watchChildren((children) => replace(file, { ...own, children }))
  const release = () => rmSync(file, { force: true })
  process.on('exit', release)
  try {
    return await work()
  } finally {
    clearInterval(heartbeat)
    watchChildren(() => undefined)
    process.off('exit', release)
    release()
  }
}

/** @param {string} file @param {Lock} own @param {(line: string) => void} say */
async function acquire(file, own, say) {
  let told = false
  while (!create(file, own)) {
    const lock = /** @type {Lock | undefined} */ (readStamp(file))
    if (isStale(file, lock)) {
      takeOver(file)
    } else if (!told && lock) {
      say(`another set-up is running (process ${lock.holder.pid}); waiting for it to end`)
      told = true
    }
    await new Promise((resolve) => setTimeout(resolve, pollMs))
  }
}

/** Creates the lock with its content in one step. @param {string} file @param {Lock} own */
function create(file, own) {
  const draft = `${file}.${process.pid}-${randomBytes(4).toString('hex')}`
  writeFileSync(draft, JSON.stringify(own))
  try {
    linkSync(draft, file)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(draft, { force: true })
  }
}

/** @param {string} file @param {Lock} lock */
function replace(file, lock) {
  const draft = `${file}.${process.pid}`
  try {
    writeFileSync(draft, JSON.stringify(lock))
    renameSync(draft, file)
  } catch {
    // A full disk shows itself elsewhere with a message; the lock stays as it was.
  }
}

/** @param {string} file @param {Lock | undefined} lock */
function isStale(file, lock) {
  if (lock && lock.host === hostname()) return !isAlive(lock.holder)
  return ageOf(file) > foreignStaleMs
}

/** Removes a stale lock. A second lock around the removal keeps two takers from removing each
 * other's fresh one. @param {string} file */
function takeOver(file) {
  const guard = `${file}.takeover`
  if (ageOf(guard) > takeoverStaleMs) rmSync(guard, { force: true })
  try {
    writeFileSync(guard, String(process.pid), { flag: 'wx' })
  } catch {
    return
  }
  try {
    const lock = /** @type {Lock | undefined} */ (readStamp(file))
    if (!isStale(file, lock)) return
    // Its tools may still be writing where the next attempt is going to write.
    if (lock?.host === hostname()) {
      for (const child of lock.children.filter(isAlive)) killGroup(child.pid)
    }
    unlinkSync(file)
  } catch {
    // Somebody else was faster; the caller looks again.
  } finally {
    rmSync(guard, { force: true })
  }
}

/** In milliseconds; -1 where there is no such file. @param {string} file */
function ageOf(file) {
  const found = statSync(file, { throwIfNoEntry: false })
  return found ? Date.now() - found.mtimeMs : -1
}

/** @param {string} file */
function touch(file) {
  try {
    utimesSync(file, new Date(), new Date())
  } catch {
    // The next heartbeat tries again.
  }
}
