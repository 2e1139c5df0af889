import fc from 'fast-check'
import { expect, test } from 'vitest'
import { HeldText } from './held-text.ts'

/** What is shown when the text comes in pieces. */
function shown(held: HeldText, pieces: readonly string[]): string {
  return pieces.map((piece) => held.push(piece)).join('') + held.flush()
}

test('the text up to the stop string that is complete first, however it is cut into pieces', () => {
  const text = fc.stringMatching(/^[ab]{0,12}$/)
  const stops = fc.array(fc.stringMatching(/^[ab]{1,4}$/), { maxLength: 3 })
  fc.assert(
    fc.property(fc.array(text, { maxLength: 6 }), stops, (pieces, stopStrings) => {
      const whole = pieces.join('')
      const found = stopStrings
        .map((stop) => ({ at: whole.indexOf(stop), end: whole.indexOf(stop) + stop.length }))
        .filter(({ at }) => at !== -1)
        .sort((a, b) => a.end - b.end || a.at - b.at)
      const expected = whole.slice(0, found[0]?.at ?? whole.length)
      expect(shown(new HeldText(stopStrings), pieces)).toBe(expected)
    }),
    { numRuns: 500 },
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
