import { styleText } from 'node:util'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Painter } from './painter.ts'

const styled = (style: 'cyan' | 'yellow' | 'bold', text: string) =>
  styleText(style, text, { validateStream: false })

function painted(pieces: readonly string[], hasColour: boolean): string {
  let written = ''
  const painter = new Painter((text) => {
    written += text
  }, hasColour)
  for (const piece of pieces) painter.wrote(piece)
  painter.end()
  return written
}

test('code, answers and tool output have their colours', () => {
  const text = 'So <code>\nprint(1)\n</code> then <answer>\\boxed{1}</answer>.'
  expect(painted([text], true)).toBe(
    `So ${styled('cyan', '<code>\nprint(1)\n</code>')} then ${styled('bold', '<answer>\\boxed{1}</answer>')}.`,
  )
  let written = ''
  const painter = new Painter((piece) => {
    written += piece
  }, true)
  painter.wrote('1 <')
  painter.toolSaid('156')
  expect(written).toBe(`1 <${styled('yellow', '156')}`)
})

test('without colour the text goes through unchanged, whatever the pieces', () => {
  const parts = fc.constantFrom('<code>', '</code>', '<answer>', '</answer>', '<', 'co', 'x', '\n')
  fc.assert(
    fc.property(fc.array(parts), fc.integer({ min: 1, max: 5 }), (words, size) => {
      const text = words.join('')
      const pieces = text.match(new RegExp(`[\\s\\S]{1,${size}}`, 'g')) ?? []
      expect(painted(pieces, false)).toBe(text)
      // Colours may be switched more often, but the same characters get them.
      const marks = (of: readonly string[]) => characters(painted(of, true))
      expect(marks(pieces)).toEqual(marks([text]))
    }),
  )
})

/** Each character with the escape sequence in force. */
function characters(text: string): string[] {
  let style = ''
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are made of them.
  return (text.match(/\u001b\[\d+m|[\s\S]/g) ?? []).flatMap((piece) => {
    if (!piece.startsWith('\u001b')) return [`${style}${piece}`]
    style = /\[(39|22)m/.test(piece) ? '' : piece
    return []
  })
}
