// llama3 rope scaling in GGUF: not its settings but what each frequency is divided by.

import type { RopeScaling } from '../model/config.ts'

type Llama3Scaling = Extract<RopeScaling, { kind: 'llama3' }>
type Rotary = { readonly theta: number; readonly headSize: number }

/**
 * What llama3 scaling divides each of the headSize / 2 frequencies by: 1 for wavelengths below
 * original / high, `factor` above original / low, and between them the interpolation of
 * Llama 3.1's reference code.
 */
export function llama3Factors(scaling: Llama3Scaling, { theta, headSize }: Rotary): number[] {
  const { factor, lowFrequencyFactor: low, highFrequencyFactor: high } = scaling
  const original = scaling.originalContextLength
  return Array.from({ length: headSize / 2 }, (_, index) => {
    const wavelength = 2 * Math.PI * theta ** ((2 * index) / headSize)
    if (wavelength < original / high) return 1
    if (wavelength > original / low) return factor
    const smooth = (original / wavelength - low) / (high - low)
    return 1 / ((1 - smooth) / factor + smooth)
  })
}

/** What the factors do not tell but for the largest, which is `factor`. */
export type Llama3Settings = Omit<Llama3Scaling, 'kind' | 'factor'>

/** Settings of the published models. */
const published: readonly Llama3Settings[] = [
  { lowFrequencyFactor: 1, highFrequencyFactor: 4, originalContextLength: 8192 },
]
const tolerance = 1e-4

/**
 * The scaling that gives these factors, or undefined where no settings do. Other programs' files do
 * not hold the settings: besides the `stored` ones, those of the published models are tried, and
 * those that two interpolated factors amount to.
 */
export function llama3FromFactors(
  factors: readonly number[],
  rotary: Rotary,
  stored: Llama3Settings | undefined,
): Llama3Scaling | undefined {
  const factor = Math.max(...factors)
  const settings = [...(stored ? [stored] : []), ...published, ...solved(factors, factor, rotary)]
  for (const candidate of settings) {
    const scaling: Llama3Scaling = { kind: 'llama3', factor, ...candidate }
    const expected = llama3Factors(scaling, rotary)
    const same =
      factors.length === expected.length &&
      expected.every((value, index) => Math.abs(value / (factors[index] ?? 0) - 1) < tolerance)
    if (same) return scaling
  }
  return undefined
}

/**
 * Between its two bounds, smooth = (original / wavelength - low) / (high - low) is a straight line
 * over 1 / wavelength. Its slope and intercept fix the settings but for a common scale of the
 * three, which changes nothing: low is set to 1.
 */
function solved(
  factors: readonly number[],
  factor: number,
  { theta, headSize }: Rotary,
): Llama3Settings[] {
  const points = factors.flatMap((value, index) => {
    if (value <= 1 + 1e-6 || value >= factor * (1 - 1e-6)) return []
    const smooth = (1 / value - 1 / factor) / (1 - 1 / factor)
    return [{ smooth, rate: 1 / (2 * Math.PI * theta ** ((2 * index) / headSize)) }]
  })
  const [first, last] = [points[0], points.at(-1)]
  if (!first || !last || first === last) return []
  const slope = (first.smooth - last.smooth) / (first.rate - last.rate)
  const high = 1 - 1 / (last.smooth - slope * last.rate)
  const rounded = Math.round(high * 1000) / 1000
  return [
    {
      lowFrequencyFactor: 1,
      highFrequencyFactor: rounded,
      originalContextLength: Math.round(slope * (rounded - 1)),
    },
  ]
}
