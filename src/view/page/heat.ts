// The numbers that a token can be coloured by, and their colours.

import type { TransportTrajectory } from '../transport.ts'

export const heatNames = [
  'author',
  'mask',
  'probability',
  'log-prob',
  'advantage',
  'ratio',
  'entropy',
  'gap',
  'value',
] as const

export type HeatName = (typeof heatNames)[number]

export const heatWords: Readonly<Record<HeatName, string>> = {
  author: 'who wrote it',
  mask: 'what is trained on',
  probability: 'probability under the policy that wrote it',
  'log-prob': 'rollout log-prob, in nats',
  advantage: 'how much better than expected',
  ratio: 'new probability over old',
  entropy: 'how undecided the policy was, in nats',
  gap: 'rollout log-prob less old log-prob',
  value: 'what the critic expected',
}

/** One token with all that is known of it. */
export interface TokenFacts {
  readonly index: number
  readonly segment: number
  readonly id: number
  readonly text: string
  readonly author: 'context' | 'policy' | 'tool'
  /** Whether it is trained on: whether the policy wrote it. */
  readonly masked: boolean
  readonly logprob: number | null
  readonly oldLogprob: number | null
  readonly newLogprob: number | null
  readonly referenceLogprob: number | null
  readonly advantage: number | null
  readonly ratio: number | null
  readonly entropy: number | null
  readonly value: number | null
}

export function tokenFacts({ segments, tokenValues }: TransportTrajectory): TokenFacts[] {
  const facts: TokenFacts[] = []
  for (const [segment, { author, tokens, pieces, logprobs }] of segments.entries()) {
    const trained = author === 'policy'
    for (const [offset, id] of tokens.entries()) {
      const index = facts.length
      const known = (values: readonly (number | null)[] | undefined) =>
        trained ? (values?.[index] ?? null) : null
      const oldLogprob = known(tokenValues.oldLogprobs)
      const newLogprob = known(tokenValues.newLogprobs)
      facts.push({
        index,
        segment,
        id,
        text: pieces[offset] ?? '',
        author,
        masked: trained,
        logprob: logprobs?.[offset] ?? null,
        oldLogprob,
        newLogprob,
        referenceLogprob: known(tokenValues.referenceLogprobs),
        advantage: known(tokenValues.advantages),
        ratio:
          known(tokenValues.ratios) ??
          (oldLogprob !== null && newLogprob !== null ? Math.exp(newLogprob - oldLogprob) : null),
        entropy: known(tokenValues.entropies),
        value: known(tokenValues.values),
      })
    }
  }
  return facts
}

export function heatOf(name: HeatName, facts: TokenFacts): number | null {
  switch (name) {
    case 'author':
      return null
    case 'mask':
      return Number(facts.masked)
    case 'probability':
      return facts.logprob === null ? null : Math.exp(facts.logprob)
    case 'log-prob':
      return facts.logprob
    case 'advantage':
      return facts.advantage
    case 'ratio':
      return facts.ratio
    case 'entropy':
      return facts.entropy
    case 'gap':
      return facts.logprob === null || facts.oldLogprob === null
        ? null
        : facts.logprob - facts.oldLogprob
    case 'value':
      return facts.value
    default:
      name satisfies never
      return null
  }
}

/** From a number to a colour, and what stands at both ends of the scale. */
export interface HeatScale {
  readonly low: string
  readonly high: string
  readonly colour: (value: number) => string
}

/** Above it the text on a colour could not be read in the dark. */
const strongest = 0.66

const warm = '240, 101, 44'
const cold = '56, 132, 255'
const good = '14, 160, 96'
const bad = '240, 62, 80'

/** Null where no token has this number. */
export function heatScale(name: HeatName, tokens: readonly TokenFacts[]): HeatScale | null {
  const values = tokens.map((facts) => heatOf(name, facts)).filter((value) => value !== null)
  if (values.length === 0) return null
  const ink = (rgb: string, share: number) =>
    `rgba(${rgb}, ${(clamp(share) * strongest).toFixed(3)})`
  if (name === 'probability') {
    return { low: 'certain', high: 'unlikely', colour: (value) => ink(warm, 1 - value) }
  }
  if (name === 'mask') return { low: '0', high: '1', colour: (value) => ink(good, value / 2) }
  if (name === 'log-prob') {
    const lowest = Math.min(...values, -1e-9)
    return { low: '0', high: lowest.toPrecision(3), colour: (value) => ink(warm, value / lowest) }
  }
  const centre = name === 'ratio' ? 1 : 0
  const reach = Math.max(...values.map((value) => Math.abs(value - centre)), 1e-9)
  if (name === 'entropy') {
    return { low: '0', high: reach.toPrecision(3), colour: (value) => ink(cold, value / reach) }
  }
  return {
    low: (centre - reach).toPrecision(3),
    high: (centre + reach).toPrecision(3),
    colour: (value) => ink(value < centre ? bad : good, Math.abs(value - centre) / reach),
  }
}

function clamp(share: number): number {
  return Math.max(0, Math.min(1, share))
}
