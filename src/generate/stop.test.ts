import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { StopDetector } from './stop.ts'

const decoderOf = (pieces: readonly string[]) => ({ push: (token: number) => pieces[token] ?? '' })

test('a stop string over three tokens is found at the token that completes it', () => {
  const pieces = ['text <', '/co', 'de> more', ' rest']
  const detector = new StopDetector(['</code>'], decoderOf(pieces))
  expect([0, 1, 2].map((token) => detector.push(token))).toEqual([undefined, undefined, '</code>'])
})

test('the one that ends first wins; none given, none found', () => {
  expect(new StopDetector(['bc', 'b'], decoderOf(['abc'])).push(0)).toBe('b')
  expect(new StopDetector([], decoderOf(['abc'])).push(0)).toBeUndefined()
})

test('however the text is cut, it is found at the piece where its last character comes', () => {
  const cuts = fc.array(fc.stringMatching(/^[<>/ab]{0,3}$/), { minLength: 1, maxLength: 12 })
  fc.assert(
    fc.property(cuts, (pieces) => {
      const detector = new StopDetector(['</a>'], decoderOf(pieces))
      const found = pieces.findIndex((_, index) => detector.push(index) !== undefined)
      const whole = pieces.join('')
      const end = whole.indexOf('</a>') < 0 ? -1 : whole.indexOf('</a>') + 4
      let length = 0
      const wanted = pieces.findIndex((piece) => {
        length += piece.length
        return end >= 0 && length >= end
      })
      expect(found).toBe(wanted)
    }),
  )
})
