import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { heatScale, type TokenFacts } from '../heat.ts'

type Rgb = readonly [number, number, number]

const base = readFileSync(new URL('base.css', import.meta.url), 'utf8')
const trajectory = readFileSync(new URL('trajectory.css', import.meta.url), 'utf8')

/** The custom properties of one block of base.css. */
function coloursIn(selector: string): ReadonlyMap<string, Rgb> {
  const start = base.indexOf(`${selector} {`)
  const block = base.slice(start, base.indexOf('}', start))
  const found = [...block.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)]
  return new Map(found.map(([, name = '', hex = '']) => [name, rgbOf(hex)]))
}

function rgbOf(hex: string): Rgb {
  const at = (place: number) => Number.parseInt(hex.slice(place, place + 2), 16)
  return [at(1), at(3), at(5)]
}

/** Relative luminance and contrast as WCAG 2.2 defines them. */
function luminance(rgb: Rgb): number {
  const [red, green, blue] = rgb.map((part) => {
    const share = part / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  }) as [number, number, number]
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function contrast(a: Rgb, b: Rgb): number {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number]
  return (high + 0.05) / (low + 0.05)
}

const grounds = ['bg', 'panel', 'sunk'] as const
const onGrounds = ['ink', 'muted', 'good', 'bad', 'warn', 'accent', 'context', 'policy', 'tool']
const pairs = [
  ...onGrounds.flatMap((text) => grounds.map((ground) => [text, ground] as const)),
  ...['good', 'bad', 'warn', 'accent'].map((name) => [name, `${name}-soft`] as const),
  ['ink', 'accent-soft'] as const,
  ['ink', 'warn-soft'] as const,
  ['muted', 'warn-soft'] as const,
  ['muted', 'accent-soft'] as const,
]

const themes = [
  ['light', ':root', ''],
  ['dark', ':root[data-theme="dark"]', '[data-theme="dark"] '],
] as const

describe.each(themes)('%s', (_, selector, prefix) => {
  const colours = coloursIn(selector)
  const colour = (name: string): Rgb => {
    const found = colours.get(name)
    if (!found) throw new Error(`base.css has no --${name} under ${selector}`)
    return found
  }

  test.each(pairs)('--%s can be read on --%s', (text, ground) => {
    expect(contrast(colour(text), colour(ground))).toBeGreaterThanOrEqual(4.5)
  })

  test('code can be read', () => {
    for (const name of ['keyword', 'string', 'number', 'title']) {
      const rule = new RegExp(
        `^${escaped(`${prefix}.hljs-${name}`)}[^}]*color: (#[0-9a-f]{6})`,
        'm',
      )
      const hex = rule.exec(trajectory)?.[1]
      expect(hex, name).toBeDefined()
      expect(contrast(rgbOf(hex ?? ''), colour('sunk')), name).toBeGreaterThanOrEqual(4.5)
    }
  })

  test('a token can be read on its strongest heat colour', () => {
    const facts = { masked: true, logprob: -9, oldLogprob: 0, advantage: 1, entropy: 1, ratio: 2 }
    const tokens = [facts, { ...facts, advantage: -1 }] as TokenFacts[]
    for (const heat of ['mask', 'probability', 'log-prob', 'advantage', 'entropy'] as const) {
      const strongest = { probability: 0, 'log-prob': -9, mask: 1, advantage: -1, entropy: 1 }[heat]
      for (const value of [strongest, Math.abs(strongest)]) {
        const over = mixed(heatScale(heat, tokens)?.colour(value) ?? '', colour('panel'))
        expect(contrast(colour('ink'), over), heat).toBeGreaterThanOrEqual(4.5)
      }
    }
  })
})

function escaped(text: string): string {
  return text.replace(/[.[\]"]/g, '\\$&')
}

/** `rgba(r, g, b, a)` over a ground. */
function mixed(rgba: string, ground: Rgb): Rgb {
  const [red = 0, green = 0, blue = 0, alpha = 0] = [...rgba.matchAll(/[\d.]+/g)].map(Number)
  const over = (part: number, under: number) => part * alpha + under * (1 - alpha)
  return [over(red, ground[0]), over(green, ground[1]), over(blue, ground[2])]
}
