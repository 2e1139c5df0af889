// What the person says: line by line, with Ctrl-C for an answer and a second one for the program.

import { createInterface } from 'node:readline'

/** Where questions come from; a terminal has a prompt and a memory of earlier lines. */
export interface QuestionInput {
  readonly input: NodeJS.ReadStream
  readonly output: NodeJS.WriteStream
}

/**
 * Tells Ctrl-C apart: while an answer is written it stops the answer; at the prompt it asks for a
 * second one, unless it just stopped an answer, and the second ends the program.
 */
export class Interruption implements Disposable {
  #answer: AbortController | undefined
  #isArmed = false

  constructor() {
    process.on('SIGINT', this.#onSignal)
  }

  /** Runs one answer under a signal that Ctrl-C aborts. */
  async during<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    this.#isArmed = false
    const controller = new AbortController()
    this.#answer = controller
    try {
      return await work(controller.signal)
    } finally {
      this.#answer = undefined
    }
  }

  /** Ctrl-C at the prompt; true where it was the second. */
  atPrompt(): boolean {
    const isSecond = this.#isArmed
    this.#isArmed = true
    return isSecond
  }

  [Symbol.dispose](): void {
    process.off('SIGINT', this.#onSignal)
  }

  readonly #onSignal = (): void => {
    this.#isArmed = true
    // A second one while the answer is still being given up ends at once.
    if (!this.#answer || this.#answer.signal.aborted) process.exit(130)
    this.#answer.abort()
  }
}

/** Lines until the end of input or a second Ctrl-C. */
export async function* readQuestions(
  { input, output }: QuestionInput,
  interruption: Interruption,
): AsyncGenerator<string> {
  if (!input.isTTY) {
    for await (const line of createInterface({ input })) yield line
    return
  }
  let history: string[] = []
  for (;;) {
    const line = await readLine({ input, output, history, interruption })
    if (line === undefined) return
    if (line.trim() !== '') history = [line, ...history].slice(0, 1000)
    yield line
  }
}

interface Reading extends QuestionInput {
  readonly history: string[]
  readonly interruption: Interruption
}

/** One line; undefined at the end. The terminal is ours alone while it is read: not in between. */
function readLine({ input, output, history, interruption }: Reading): Promise<string | undefined> {
  return new Promise((resolve) => {
    const reader = createInterface({ input, output, history: [...history], terminal: true })
    let line: string | undefined
    reader.on('close', () => resolve(line))
    reader.on('SIGINT', () => {
      if (interruption.atPrompt()) {
        output.write('\n')
        reader.close()
        return
      }
      output.write('\n(Ctrl-C again, or Ctrl-D, ends)\n')
      reader.write(null, { ctrl: true, name: 'u' })
      reader.prompt()
    })
    reader.setPrompt('> ')
    reader.question('> ', (text) => {
      line = text
      reader.close()
    })
  })
}
