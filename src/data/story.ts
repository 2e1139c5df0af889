// Word problems from stories: quantities are drawn, one of several wordings is filled in, and a
// formula over the quantities gives the answer. No process needed, unlike reasoning-gym.

import { UserError } from '../base/errors.ts'
import { nearest } from '../base/nearest.ts'
import { RandomStream } from '../base/random.ts'
import type { Problem } from './problem.ts'

/** The drawn quantities of a story by name; whole numbers. */
export type Quantities = Readonly<Record<string, number>>

/** A kind of word problem. */
export interface Story {
  /** The family's name. */
  readonly name: string
  /** Lowest and highest value of each quantity, both included. */
  readonly ranges: Readonly<Record<string, readonly [low: number, high: number]>>
  /** The answer as an expression over the quantities, in Python and in JavaScript alike. */
  readonly formula: string
  readonly answer: (quantities: Quantities) => number
  /** Draws that this refuses are drawn again (a negative rest, a division with a remainder). */
  readonly accepts?: (quantities: Quantities) => boolean
  /** Question texts with {quantity}, {name} (a person) and {thing} (a plural noun). */
  readonly wordings: readonly string[]
  readonly things: readonly string[]
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
    answer: String(story.answer(quantities)),
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

/** The story called `name` of a list, or a UserError that suggests the nearest. */
export function storyNamed(stories: readonly Story[], name: string): Story {
  const found = stories.find((story) => story.name === name)
  if (found) return found
  const names = stories.map((story) => story.name)
  const suggestion = nearest(name, names)
  throw new UserError(
    `no story is called ${name}; ${suggestion ? `did you mean ${suggestion}?` : `known: ${names.join(', ')}`}`,
  )
}
