// From a demonstration to a trajectory: the same segments that a rollout would have made of it.

import type { FirstContextOptions } from '../tool/first-context.ts'
import { firstContext } from '../tool/first-context.ts'
import { encodePieces } from '../tool/text-codec.ts'
import type { ToolProtocol } from '../tool/tool.ts'
import type { Segment } from '../trajectory/segment.ts'
import type { Trajectory } from '../trajectory/trajectory.ts'
import type { Demonstration } from './demonstration.ts'

/**
 * Each segment's text is encoded on its own, as tokens come in a rollout: what the policy is to
 * write as `encode` has it, what comes from outside as `encodeOutside` has it.
 */
export async function encodeDemonstration(
  demonstration: Demonstration,
  options: FirstContextOptions,
): Promise<Trajectory> {
  const { codec, protocol } = options
  const { id, problem, turns } = demonstration
  const policy = async (text: string): Promise<Segment> => ({
    author: 'policy',
    tokens: await codec.encode(text),
    logprobs: null,
  })
  const segments: Segment[] = [
    { author: 'context', tokens: await firstContext(problem.question, options) },
  ]
  const texts = policyTexts(demonstration, protocol)
  for (const [index, text] of texts.entries()) {
    segments.push(await policy(text))
    const turn = turns[index]
    if (!turn) continue
    const tokens = await encodePieces(codec, protocol.renderOutput(turn.output.text))
    segments.push({ author: 'tool', tokens, call: turn.call, output: turn.output })
  }
  return {
    id,
    problemId: problem.id,
    segments,
    stop: { kind: 'answered' },
    policyVersion: 0,
    durationMs: 0,
  }
}

/** What the policy writes, turn by turn: one text a call, and the closing. */
export function policyTexts(
  { turns, closing }: Demonstration,
  protocol: ToolProtocol,
): readonly string[] {
  return [
    ...turns.map(({ thought, call }) => joined(thought, protocol.renderCall(call))),
    joined(closing.thought, protocol.renderAnswer(closing.answer)),
  ]
}

function joined(thought: string, rest: string): string {
  return thought === '' ? rest : `${thought}\n${rest}`
}
