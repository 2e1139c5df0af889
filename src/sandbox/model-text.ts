// The text that the model reads: output, trimmed error, one-line notes. A pure function of the result.

import type { Execution, Limits } from './sandbox.ts'

/** What the text is made of. */
export interface Outcome extends Omit<Execution, 'output'> {
  readonly traceback: string
}

const defaultCharacters = 4_000
const headShare = 0.25
const largestOutputMb = 32

/** At most about `characters` of output, more of its end than of its beginning; the error is kept. */
export function modelText(
  outcome: Outcome,
  limits: Limits,
  characters: number = defaultCharacters,
): string {
  const notes = [note(outcome, limits), warning(outcome)].filter((line) => line !== '')
  return [
    shownOutput(outcome.stdout, characters),
    visible(outcome.traceback),
    ...notes.map((line) => `[${line}]\n`),
  ].reduce(joined, '')
}

/** The part of the text that is output. */
export function shownOutput(stdout: string, characters: number = defaultCharacters): string {
  return shortened(visible(stdout), characters)
}

/** Puts a text below another, on a line of its own. */
function joined(above: string, below: string): string {
  const apart = above === '' || below === '' || above.endsWith('\n')
  return apart ? above + below : `${above}\n${below}`
}

function note(outcome: Outcome, limits: Limits): string {
  const partial = outcome.stdout === '' ? 'there was no output' : 'partial output above'
  switch (outcome.status) {
    case 'ok':
    case 'error':
      return ''
    case 'exit':
      return `exit status ${outcome.exitCode}`
    case 'signal':
      return `ended by signal ${outcome.signal}; ${partial}`
    case 'timeout':
      return `execution stopped after ${seconds(limits.timeoutMs)}; ${partial}`
    case 'cpu_limit':
      return `execution stopped: processor time limit; ${partial}`
    case 'memory_limit':
      return `execution stopped: memory limit of ${limits.memoryMb} MB; ${partial}`
    case 'output_limit':
      return `execution stopped: more than ${largestOutputMb} MB of output`
    default:
      return outcome.status satisfies never
  }
}

function warning(outcome: Outcome): string {
  return outcome.tier === 'unsafe' ? 'warning: this ran without isolation' : ''
}

function seconds(milliseconds: number): string {
  return `${milliseconds / 1000} s`
}

/** NUL characters shown, because many a reader ends its text at one. */
function visible(text: string): string {
  return text.replaceAll('\0', '\\x00')
}

function shortened(text: string, characters: number): string {
  if (text.length <= characters) return text
  const head = text.slice(0, wholeCharacters(text, Math.floor(characters * headShare)))
  const tailStart = wholeCharacters(text, text.length - (characters - head.length))
  const omitted = (tailStart - head.length).toLocaleString('en-US')
  return joined(joined(head, `[${omitted} characters omitted]\n`), text.slice(tailStart))
}

/** The position, moved off the middle of a surrogate pair. */
function wholeCharacters(text: string, position: number): number {
  const unit = text.charCodeAt(position)
  return unit >= 0xdc00 && unit <= 0xdfff ? position + 1 : position
}
