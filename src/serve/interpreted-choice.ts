// A choice whose code the server runs itself: the whole trajectory is the message.

import { randomUUID } from 'node:crypto'
import { rolloutOne } from '../rollout/rollout-one.ts'
import { reToolProtocol } from '../tool/retool-protocol.ts'
import type { ChatMessage } from '../tool/tool.ts'
import type { Policy } from '../trajectory/policy.ts'
import type { Segment } from '../trajectory/segment.ts'
import type { Trajectory } from '../trajectory/trajectory.ts'
import type { ChoiceOptions, Emit, WrittenChoice } from './choice.ts'
import { TokenWriter } from './choice.ts'
import { RequestError } from './request-error.ts'
import type { ServedModel } from './served-model.ts'

/** The chat with its last question in the protocol's words. */
export function interpretedMessages(
  model: ServedModel,
  messages: readonly ChatMessage[],
): readonly ChatMessage[] {
  const last = messages.at(-1)
  if (last?.role !== 'user') {
    throw new RequestError(
      'with the interpreter the last message must be one of the user',
      400,
      'messages',
    )
  }
  const tools = model.interpreter ? [model.interpreter] : []
  return [...messages.slice(0, -1), ...reToolProtocol.messages(last.content, tools)]
}

/** Streams what the policy writes token by token, and each output as one piece. */
export async function interpretedChoice(
  model: ServedModel,
  { context, sampling, signal }: ChoiceOptions,
  emit: Emit,
): Promise<WrittenChoice> {
  if (sampling.stopStrings.length > 0) {
    throw new RequestError('stop has no effect while the server runs code', 400, 'stop')
  }
  const writer = new TokenWriter(model, (text) => text, emit)
  const trajectory = await rolloutOne(
    { id: randomUUID(), stream: 'chat', problemId: 'chat', question: '', context },
    {
      policy: watched(model, writer),
      codec: model.codec,
      template: model.template,
      protocol: reToolProtocol,
      tools: model.interpreter ? [model.interpreter] : [],
      sampling,
      stopTokens: model.stopTokens,
      limits: { trajectoryTokens: context.length + sampling.tokenLimit },
      seed: sampling.seed,
      signal,
      onSegment: (_, segment) => {
        if (segment.author === 'policy') writer.end()
        if (segment.author === 'tool') emit({ text: outputText(segment), logprobs: [] })
      },
    },
  )
  return { finish: finishOf(trajectory, signal), tokens: writtenTokens(trajectory), hidden: '' }
}

function outputText(segment: Extract<Segment, { author: 'tool' }>): string {
  return reToolProtocol
    .renderOutput(segment.output.text)
    .map(({ text }) => text)
    .join('')
}

/** The model's policy, whose tokens go to the writer as they are drawn. */
function watched({ policy }: ServedModel, writer: TokenWriter): Policy {
  return {
    version: policy.version,
    contextLength: policy.contextLength,
    open: (group) => {
      const session = policy.open(group)
      return {
        complete: (newTokens, sampling, signal) =>
          session.complete(newTokens, sampling, signal, writer.onToken),
        close: () => session.close(),
      }
    },
  }
}

function writtenTokens({ segments }: Trajectory): number {
  return segments.slice(1).reduce((sum, segment) => sum + segment.tokens.length, 0)
}

function finishOf({ stop }: Trajectory, signal: AbortSignal): WrittenChoice['finish'] {
  switch (stop.kind) {
    case 'answered':
    case 'ended':
    case 'malformed':
      return 'stopToken'
    case 'limit':
      return 'length'
    case 'cancelled':
      throw signal.reason
    case 'failed':
      throw new RequestError(`the interpreter failed: ${stop.failure.message}`, 503)
    default:
      return stop satisfies never
  }
}
