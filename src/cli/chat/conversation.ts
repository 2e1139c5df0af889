// A conversation as the model knows it: what it wrote stays the tokens that it wrote.

import type { ChatMessage } from '../../tool/tool.ts'
import type { TokenId } from '../../trajectory/segment.ts'

/** Messages, and the tokens that the model read and wrote of them; grows by whole answers. */
export interface Conversation {
  readonly messages: readonly ChatMessage[]
  readonly tokens: readonly TokenId[]
}

export const emptyConversation: Conversation = { messages: [], tokens: [] }

/** What the conversation needs of a model's template. */
export interface ConversationTemplate {
  encode(
    messages: readonly ChatMessage[],
    options: { readonly addGenerationPrompt: boolean },
  ): Promise<readonly TokenId[]>
  readonly stopTokens: readonly TokenId[]
}

/**
 * All tokens up to where the model answers the new messages. What it wrote before is not encoded
 * again, unless the template has no token that ends a turn, or spells earlier turns anew when
 * another follows.
 *
 *   known   <|im_start|>user 6*7? <|im_end|> <|im_start|>assistant 42 <|im_end|>
 *   added                                                         \n <|im_start|>user Sure? ...
 */
export async function contextFor(
  conversation: Conversation,
  added: readonly ChatMessage[],
  template: ConversationTemplate,
): Promise<readonly TokenId[]> {
  const continued =
    conversation.tokens.length > 0 ? await continuation(conversation, added, template) : undefined
  const all = [...conversation.messages, ...added]
  return continued ?? template.encode(all, { addGenerationPrompt: true })
}

async function continuation(
  { messages, tokens }: Conversation,
  added: readonly ChatMessage[],
  template: ConversationTemplate,
): Promise<readonly TokenId[] | undefined> {
  // What stands after a reply does not depend on the reply: a short one takes its place.
  const before = messages.slice(0, -1)
  const answered = [...before, { role: 'assistant' as const, content: 'x' }]
  const [open, closed, whole] = await Promise.all([
    template.encode(before, { addGenerationPrompt: true }),
    template.encode(answered, { addGenerationPrompt: false }),
    template.encode([...answered, ...added], { addGenerationPrompt: true }),
  ])
  const isStop = (token: TokenId | undefined) =>
    token !== undefined && template.stopTokens.includes(token)
  const end = closed.findLastIndex(isStop)
  const hasPrefixes = startsWith(closed, open) && startsWith(whole, closed)
  if (!hasPrefixes || end < open.length) return undefined
  // An answer that was cut short lacks the token that ends a turn; the template's is put there.
  const written = isStop(tokens.at(-1)) ? tokens.slice(0, -1) : tokens
  return [...written, ...whole.slice(end)]
}

function startsWith(tokens: readonly TokenId[], beginning: readonly TokenId[]): boolean {
  return beginning.every((token, index) => tokens[index] === token)
}
