// What a chat template puts between the end of a policy turn and the next one around an output.

import { UserError } from '../base/errors.ts'
import type { ChatTemplate } from './chat-template.ts'
import type { ChatMessage } from './tool.ts'

export interface OutputFrame {
  readonly before: string
  readonly after: string
}

const question: ChatMessage = { role: 'user', content: 'Q-7f3a' }
const turn: ChatMessage = { role: 'assistant', content: 'T-91cc' }
const output = 'O-55de'

/** Tool messages first; templates that refuse or drop them get what Hermes models read instead. */
const spellings: readonly ChatMessage[] = [
  { role: 'tool', content: output },
  { role: 'user', content: `<tool_response>\n${output}\n</tool_response>` },
]

/**
 * Renders a conversation of placeholders and cuts out the frame, so that later turns are appended
 * as tokens and nothing is ever rendered again. The policy itself has written the token that ends
 * its turn; the frame starts after it.
 */
export function outputFrame(template: ChatTemplate): OutputFrame {
  const opening = template.render([question], { addGenerationPrompt: true })
  for (const spelling of spellings) {
    const text = rendered(template, [question, turn, spelling])
    if (text === undefined) continue
    const start = text.indexOf(turn.content)
    const at = text.indexOf(output, start)
    if (start === -1 || at === -1) continue
    if (!text.startsWith(opening)) throw brokenPrefix(opening, text)
    const between = text.slice(start + turn.content.length, at)
    return {
      before: withoutTurnEnd(between, template.turnEnd),
      after: text.slice(at + output.length),
    }
  }
  throw new UserError(
    'this chat template prints neither tool messages nor a user message after an assistant turn; use the retool protocol, which needs neither',
  )
}

function rendered(template: ChatTemplate, messages: readonly ChatMessage[]): string | undefined {
  try {
    return template.render(messages, { addGenerationPrompt: true })
  } catch {
    return undefined
  }
}

function withoutTurnEnd(between: string, turnEnd: string): string {
  if (between.startsWith(turnEnd)) return between.slice(turnEnd.length)
  throw new UserError(
    `this chat template ends an assistant turn with ${JSON.stringify(between.slice(0, 20))}, not with the end-of-turn token ${JSON.stringify(turnEnd)}; set the right end-of-turn token or use the retool protocol`,
  )
}

function brokenPrefix(opening: string, text: string): UserError {
  let same = 0
  while (same < opening.length && opening[same] === text[same]) same++
  return new UserError(
    `this chat template breaks the prefix property: after a tool's output it spells the first turn differently from character ${same} on (${JSON.stringify(opening.slice(same, same + 30))} became ${JSON.stringify(text.slice(same, same + 30))}); use the retool protocol or a template that leaves earlier turns alone`,
  )
}
