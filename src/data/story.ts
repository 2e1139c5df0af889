// Word problems from stories: quantities are drawn, one of several wordings is filled in, and a
// formula over the quantities gives the answer. No process needed, unlike reasoning-gym.

import { RandomStream } from '../base/random.ts'
import type { Problem } from './problem.ts'

/** A kind of word problem; `Name` are its quantities. */
export interface Story<Name extends string = string> {
  /** The family's name. */
  readonly name: string
  /** Lowest and highest value of each quantity, both included. */
  readonly ranges: Readonly<Record<Name, readonly [low: number, high: number]>>
  /** The answer as products (`*`, `//`) joined by `+` and `-`, as Python reads it. */
  readonly formula: string
  /** Draws that this refuses are drawn again (a negative rest, a division with a remainder). */
  accepts?(quantities: Readonly<Record<Name, number>>): boolean
  /** Question texts with {quantity}, {name} (a person) and {thing} (a plural noun). */
  readonly wordings: readonly string[]
  readonly things: readonly string[]
}

/** The drawn quantities of a story by name; whole numbers. */
export type Quantities = Readonly<Record<string, number>>

/** A story whose conditions know its quantities by name. */
export function story<Name extends string>(told: Story<Name>): Story {
  return told
}

const people = (
  'Maya Tom Priya Luca Hannah Diego Aisha Noah Ingrid Kenji Olga Samuel Zoe Ravi Clara Ahmed ' +
  'Nina Felix Leila Jonas Mei Oscar Ruth Pavel'
).split(' ')

/**
 * Problem `index` of a story, always the same for a seed. `metadata` holds the quantities and the
 * formula, which demonstrations turn into code.
 */
export function tellStory(story: Story, seed: number, index: number): Problem {
  const stream = RandomStream.named(seed, `story/${story.name}/${index}`)
  const pick = <T>(values: readonly T[]): T => values[stream.integer(values.length)] as T
  const quantities = drawQuantities(story, stream)
  const words: Record<string, string | number> = {
    ...quantities,
    name: pick(people),
    thing: pick(story.things),
  }
  const question = pick(story.wordings).replace(/\{(\w+)\}/g, (_, word: string) => {
    const value = words[word]
    if (value === undefined) throw new Error(`defect: story ${story.name} has no {${word}}`)
    return String(value)
  })
  return {
    id: `${story.name}/${seed}/${index}`,
    question,
    answer: String(answerOf(story, quantities)),
    source: story.name,
    verifier: { kind: 'equivalence' },
    metadata: { formula: story.formula, quantities },
  }
}

function drawQuantities(story: Story, stream: RandomStream): Quantities {
  for (let attempt = 0; attempt < 1_000; attempt++) {
    const drawn = Object.fromEntries(
      Object.entries(story.ranges).map(([name, [low, high]]) => [
        name,
        low + stream.integer(high - low + 1),
      ]),
    )
    if (story.accepts?.(drawn) ?? true) return drawn
  }
  throw new Error(`defect: story ${story.name} accepts none of its draws`)
}

/** The value of a story's formula. */
function answerOf({ name, formula }: Story, quantities: Quantities): number {
  const product = (text: string) =>
    text.split(/ (?=\*|\/\/)/).reduce((value, factor) => {
      const [, operator, quantity = ''] = /^(\* |\/\/ )?(\w+)$/.exec(factor) ?? []
      const next = quantities[quantity]
      if (next === undefined) throw new Error(`defect: story ${name} computes with ${factor}`)
      return operator === '// ' ? Math.floor(value / next) : value * next
    }, 1)
  return formula
    .split(/ (?=[+-])/)
    .reduce(
      (sum, term) => sum + (term[0] === '-' ? -1 : 1) * product(term.replace(/^[+-] /, '')),
      0,
    )
}
