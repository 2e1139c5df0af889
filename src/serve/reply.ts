// A reply that can be sent whole or as a stream of events: the same choices either way.

/** Writes one choice; `send` gets what a stream shows of it. */
export type ChoiceRun = (
  send: (chunk: object) => void,
) => Promise<{ readonly choice: object; readonly tokens: number }>

export interface Reply {
  readonly head: object
  readonly chunkHead: object
  readonly promptTokens: number
  readonly choices: readonly ChoiceRun[]
  usage(promptTokens: number, completionTokens: number): object
}

export function usageOf(promptTokens: number, completionTokens: number) {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
  }
}

export async function wholeReply(reply: Reply): Promise<object> {
  const written = await Promise.all(reply.choices.map((run) => run(() => {})))
  const tokens = written.reduce((sum, each) => sum + each.tokens, 0)
  return {
    ...reply.head,
    choices: written.map(({ choice }) => choice),
    usage: reply.usage(reply.promptTokens, tokens),
  }
}

/** Sends the chunks of all choices as they come, and at the end the usage where it is asked for. */
export async function streamReply(
  reply: Reply,
  includeUsage: boolean,
  send: (event: object) => void,
): Promise<void> {
  const event = (choices: readonly object[], usage: object | null) =>
    send({ ...reply.chunkHead, choices, ...(includeUsage && { usage }) })
  const written = await Promise.all(
    reply.choices.map((run) => run((chunk) => event([chunk], null))),
  )
  const tokens = written.reduce((sum, each) => sum + each.tokens, 0)
  if (includeUsage) event([], reply.usage(reply.promptTokens, tokens))
}
