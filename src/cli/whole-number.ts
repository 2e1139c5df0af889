// Numbers on the command line.

import { InvalidArgumentError } from 'commander'

/** For commander: a whole number of at least `least`. */
export function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (/^\d+$/.test(text) && value >= least) return value
    throw new InvalidArgumentError(`Expected a whole number from ${least} on.`)
  }
}

/** For commander: a number from `low` to `high`, both included. */
export function numberBetween(low: number, high: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (text.trim() !== '' && value >= low && value <= high) return value
    throw new InvalidArgumentError(`Expected a number from ${low} to ${high}.`)
  }
}
