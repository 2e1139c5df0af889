import fc from 'fast-check'
import { expect, test } from 'vitest'
import { HeldText } from './held-text.ts'

/** What is shown when the text comes in pieces. */
function shown(held: HeldText, pieces: readonly string[]): string {
  return pieces.map((piece) => held.push(piece)).join('') + held.flush()
}

test('the text up to the first stop string, however it is cut into pieces', () => {
  const text = fc.stringMatching(/^[ab]{0,12}$/)
  const stops = fc.array(fc.stringMatching(/^[ab]{1,4}$/), { maxLength: 3 })
  fc.assert(
    fc.property(fc.array(text, { maxLength: 6 }), stops, (pieces, stopStrings) => {
      const whole = pieces.join('')
      const ends = stopStrings.map((stop) => whole.indexOf(stop)).filter((at) => at !== -1)
      const end = Math.min(whole.length, ...ends)
      expect(shown(new HeldText(stopStrings), pieces)).toBe(whole.slice(0, end))
    }),
  )
})

test('what begins with a mark is hidden and kept', () => {
  const held = new HeldText([], '<call>')
  expect(['a <', 'b <ca', 'll> c', ' d'].map((piece) => held.push(piece))).toEqual([
    'a ',
    '<b ',
    '',
    '',
  ])
  expect([held.flush(), held.hidden]).toEqual(['', '<call> c d'])
})
