// Answers in \boxed{...}, whose braces may nest.

const box = '\\boxed{'

/**
 * The content of the closed `\boxed{...}` that opens last (of a box in a box, the inner one), or
 * undefined; in time linear in the text's length. Escaped braces do not count.
 */
export function lastBoxed(text: string): string | undefined {
  const open: { content: number; boxed: boolean }[] = []
  let start = -1
  let end = -1
  for (let i = 0; i < text.length; i++) {
    const character = text[i]
    if (character === '\\') {
      const boxed = text.startsWith(box, i)
      i += boxed ? box.length - 1 : 1
      if (boxed) open.push({ content: i + 1, boxed })
    } else if (character === '{') open.push({ content: i + 1, boxed: false })
    else if (character === '}') {
      const opened = open.pop()
      if (!opened?.boxed || opened.content < start) continue
      start = opened.content
      end = i
    }
  }
  return start < 0 ? undefined : text.slice(start, end).trim()
}
