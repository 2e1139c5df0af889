// A mixture of generated families, reasoning-gym's and our stories, from a short record.

import { UserError } from '../base/errors.ts'
import { RandomStream } from '../base/random.ts'
import type { Problem } from './problem.ts'
import { questionKey } from './question-key.ts'
import type { GeneratorProcess } from './reasoning-gym.ts'
import { generateFamily } from './reasoning-gym.ts'
import { stories } from './stories.ts'
import { tellStory } from './story.ts'

/** One family of a mixture. */
export interface MixtureFamily {
  /** A reasoning-gym family (`products`) or one of our stories (`shopping`). */
  readonly family: string
  /** Its share relative to the other families; 1 if omitted. */
  readonly weight?: number
  /** Settings of a reasoning-gym family, such as `{ max_digits: 3 }`. */
  readonly settings?: Readonly<Record<string, unknown>>
  /** Level of a reasoning-gym family's curriculum, from 0. */
  readonly difficulty?: number
}

export interface MixtureSettings {
  readonly families: readonly MixtureFamily[]
  readonly size: number
  readonly seed: number
  /**
   * No answer may be that of more than this share of a family's problems: more than half of all
   * random pairs have the greatest common divisor 1, and guessing is not what we want to teach.
   */
  readonly largestAnswerShare?: number
}

/**
 * The problems of a mixture in shuffled order, no question twice and none whose `questionKey` is in
 * `exclude`. The same settings give the same problems. Throws UserError where a family runs out of
 * different questions.
 */
export async function drawMixture(
  settings: MixtureSettings,
  generator: GeneratorProcess,
  exclude: ReadonlySet<string> = new Set(),
): Promise<Problem[]> {
  const counts = allocate(
    settings.families.map(({ weight }) => weight ?? 1),
    settings.size,
  )
  const taken = new Set(exclude)
  const drawn: Problem[] = []
  for (const [position, family] of settings.families.entries()) {
    const count = counts[position] ?? 0
    drawn.push(...(await drawFamily({ family, count, settings, generator, taken })))
  }
  return RandomStream.named(settings.seed, 'mixture/order').shuffled(drawn)
}

/** Whole numbers in proportion to the weights that add up to `size` (largest remainders). */
export function allocate(weights: readonly number[], size: number): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  if (!(total > 0) || weights.some((weight) => weight < 0)) {
    throw new UserError(
      `weights must be at least 0 with a positive sum; found ${weights.join(', ')}`,
    )
  }
  const exact = weights.map((weight) => (size * weight) / total)
  const counts = exact.map(Math.floor)
  const missing = size - counts.reduce((sum, count) => sum + count, 0)
  const byRemainder = exact
    .map((value, index) => ({ index, remainder: value - Math.floor(value) }))
    .sort((a, b) => b.remainder - a.remainder || a.index - b.index)
  for (const { index } of byRemainder.slice(0, missing)) counts[index] = (counts[index] ?? 0) + 1
  return counts
}

interface FamilyDraw {
  readonly family: MixtureFamily
  readonly count: number
  readonly settings: MixtureSettings
  readonly generator: GeneratorProcess
  /** Keys of questions that are taken; grows. */
  readonly taken: Set<string>
}

async function drawFamily(draw: FamilyDraw): Promise<Problem[]> {
  const { family, count, settings, taken } = draw
  const cap = Math.max(1, Math.ceil(count * (settings.largestAnswerShare ?? 1)))
  const answers = new Map<string, number>()
  const problems: Problem[] = []
  const limit = 50 * count + 100
  for (let start = 0; problems.length < count; ) {
    if (start >= limit) {
      throw new UserError(
        `family ${family.family} gave only ${problems.length} different questions in ${start} draws, expected ${count}; ask for fewer, or widen its settings`,
      )
    }
    const wanted = Math.max(16, count - problems.length)
    for (const problem of await generate(draw, start, wanted)) {
      const key = questionKey(problem.question)
      const alike = answers.get(problem.answer) ?? 0
      if (problems.length === count || taken.has(key) || alike >= cap) continue
      taken.add(key)
      answers.set(problem.answer, alike + 1)
      problems.push(problem)
    }
    start += wanted
  }
  return problems
}

async function generate(draw: FamilyDraw, start: number, count: number): Promise<Problem[]> {
  const { family, settings, difficulty } = draw.family
  // Item i of seed s is item i - 1 of seed s + 1 in reasoning-gym: neighbouring seeds overlap.
  const seed = RandomStream.named(draw.settings.seed, `mixture/${family}`).integer(2 ** 31)
  const story = stories.find(({ name }) => name === family)
  if (story && (settings || difficulty !== undefined)) {
    throw new UserError(`the family ${family} has no settings and no levels of difficulty`)
  }
  if (story) return Array.from({ length: count }, (_, i) => tellStory(story, seed, start + i))
  const request = {
    family,
    seed,
    start,
    count,
    ...(settings && { settings }),
    ...(difficulty !== undefined && { difficulty }),
  }
  const storyNames = stories.map(({ name }) => name)
  return await generateFamily(draw.generator, request, storyNames)
}
