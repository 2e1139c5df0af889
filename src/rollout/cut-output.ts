// Long outputs keep their head and their tail, and say what was left out.

import type { TextCodec } from '../tool/text-codec.ts'
import type { ToolOutput } from '../trajectory/call.ts'

/**
 * The output with at most `limit` tokens of its text; the line that says what was cut comes on
 * top. `details.cutTokens` then counts the tokens left out.
 */
export async function cutOutput(
  output: ToolOutput,
  codec: TextCodec,
  limit: number,
): Promise<ToolOutput> {
  // No tokenizer makes more tokens than there are bytes.
  if (Buffer.byteLength(output.text) <= limit) return output
  const tokens = await codec.encodeOutside(output.text)
  if (tokens.length <= limit) return output
  const head = Math.ceil(limit / 2)
  const tail = limit - head
  const [first, last] = await Promise.all([
    codec.decode(tokens.slice(0, head)),
    codec.decode(tokens.slice(tokens.length - tail)),
  ])
  const cutTokens = tokens.length - limit
  const note = `\n[... ${cutTokens} tokens of output left out here ...]\n`
  return {
    ...output,
    text: withoutTornEnd(first) + note + withoutTornStart(last),
    details: { ...output.details, cutTokens },
  }
}

/** The cut may fall inside a character; its bytes decode to replacement characters. */
function withoutTornEnd(text: string): string {
  return text.replace(/\uFFFD+$/, '')
}

function withoutTornStart(text: string): string {
  return text.replace(/^\uFFFD+/, '')
}
