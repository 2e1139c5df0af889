// What the set-up says when it cannot go on: one message with the way out, no stack.

export class SetupFailure extends Error {
  /**
   * @param {string} what went wrong, in a sentence
   * @param {string} wayOut what the person can do about it
   */
  constructor(what, wayOut) {
    super(`${what}\n${wayOut}`)
    this.name = 'SetupFailure'
  }
}

/** How to install something, for the two families of systems that we name packages of.
 * @param {string} debian package names
 * @param {string} macos a whole command
 */
export function installHint(debian, macos) {
  return `Debian and Ubuntu: apt-get install ${debian}\nmacOS: ${macos}`
}
