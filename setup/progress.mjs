// Says what the set-up is doing: a line that moves on a terminal, a line now and then in a log.

const tick = 500
const logInterval = 15_000

/**
 * @typedef {object} Step
 * @property {(detail: string) => void} update what is happening now
 * @property {(detail?: string) => void} done
 * @property {() => void} stop ends the step without a word; harmless after done
 */

/**
 * @typedef {object} Progress
 * @property {(title: string) => Step} step
 * @property {(line: string) => void} note
 */

/** @param {{ write(text: string): unknown, isTTY?: boolean, columns?: number }} stream
 * @returns {Progress} */
export function createProgress(stream) {
  /** @param {string} line */
  const note = (line) => void stream.write(`${line}\n`)
  return {
    note,
    step: (title) => (stream.isTTY ? liveStep(stream, title) : loggedStep(note, title)),
  }
}

/** @param {{ write(text: string): unknown, columns?: number }} stream @param {string} title
 * @returns {Step} */
function liveStep(stream, title) {
  const began = performance.now()
  let detail = ''
  const draw = () => {
    const line = `${title} ... ${elapsed(began)}${detail ? `  ${detail}` : ''}`
    stream.write(`\r\x1b[2K${line.slice(0, (stream.columns ?? 80) - 1)}`)
  }
  const timer = setInterval(draw, tick)
  timer.unref()
  draw()
  const stop = () => clearInterval(timer)
  return {
    update: (text) => {
      detail = text
    },
    done: (text) => {
      stop()
      stream.write(`\r\x1b[2K${title}: ${text ?? 'done'} (${elapsed(began)})\n`)
    },
    stop: () => {
      stop()
      stream.write('\r\x1b[2K')
    },
  }
}

/** @param {(line: string) => void} note @param {string} title @returns {Step} */
function loggedStep(note, title) {
  const began = performance.now()
  let detail = ''
  note(`${title} ...`)
  const timer = setInterval(
    () => note(`${title} ... ${elapsed(began)}${detail ? `  ${detail}` : ''}`),
    logInterval,
  )
  timer.unref()
  return {
    update: (text) => {
      detail = text
    },
    done: (text) => {
      clearInterval(timer)
      note(`${title}: ${text ?? 'done'} (${elapsed(began)})`)
    },
    stop: () => clearInterval(timer),
  }
}

/** @param {number} began */
function elapsed(began) {
  const seconds = Math.round((performance.now() - began) / 1000)
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}
