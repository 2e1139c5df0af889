// Answers in \boxed{...}, whose braces may nest.

/** The content of the last complete `\boxed{...}` in the text, or undefined. */
export function lastBoxed(text: string): string | undefined {
  const opening = '\\boxed{'
  for (
    let start = text.lastIndexOf(opening);
    start !== -1;
    start = start === 0 ? -1 : text.lastIndexOf(opening, start - 1)
  ) {
    const content = balanced(text, start + opening.length)
    if (content !== undefined) return content.trim()
  }
  return undefined
}

/** The text from `start` up to the brace that closes an already opened one. */
function balanced(text: string, start: number): string | undefined {
  let depth = 1
  for (let index = start; index < text.length; index++) {
    const character = text[index]
    if (character === '\\') index++
    else if (character === '{') depth++
    else if (character === '}' && --depth === 0) return text.slice(start, index)
  }
  return undefined
}
