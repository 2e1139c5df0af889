// Makes untrusted text harmless to look at: control characters, terminal escapes and characters that
// turn the direction of text are shown as visible signs.

const controlPictures = 0x2400
const deletePicture = '\u2421'

/** Line ends and tabs stay as they are. */
export function visibleText(text: string): string {
  return text.replace(/(?![\n\t])[\p{Cc}\p{Bidi_Control}]/gu, (character) => {
    const code = character.charCodeAt(0)
    if (code < 0x20) return String.fromCharCode(controlPictures + code)
    if (code === 0x7f) return deletePicture
    return `⟨U+${code.toString(16).toUpperCase().padStart(4, '0')}⟩`
  })
}
