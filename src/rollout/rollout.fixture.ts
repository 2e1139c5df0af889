// Problems, a tool and options for rollouts over a scripted policy.

import type { Problem } from '../data/problem.ts'
import { byteCodec, endToken, turnEndToken } from '../tool/byte-codec.fixture.ts'
import { chatMl } from '../tool/chatml.fixture.ts'
import { reToolProtocol } from '../tool/retool-protocol.ts'
import type { Tool } from '../tool/tool.ts'
import type { Script, ScriptedPolicy } from '../trajectory/scripted-policy.fixture.ts'
import type { Group } from './group.ts'
import type { RolloutOptions } from './options.ts'

export const snippet = reToolProtocol.renderCall({ tool: 'interpreter', arguments: { code: 'x' } })
export const answer = reToolProtocol.renderAnswer('1')
export const answering: Script = () => byteCodec.encode(answer)

export const problems = (count: number): Problem[] =>
  Array.from({ length: count }, (_, index) => ({
    id: `p${index}`,
    question: `Question ${index}?`,
    answer: '1',
    source: 'test',
    verifier: { kind: 'equivalence' },
  }))

export function interpreterOf(
  run: (id: string) => Promise<string> | string,
  released?: string[],
): Tool {
  return {
    name: 'interpreter',
    description: '',
    parameters: { type: 'object' },
    call: async (_, { trajectoryId }) => ({
      text: await run(trajectoryId),
      ok: true,
      status: 'ok',
      durationMs: 1,
    }),
    release: async (id) => {
      released?.push(id)
    },
  }
}

export function optionsOf(
  policy: ScriptedPolicy,
  more: Partial<RolloutOptions> = {},
): RolloutOptions {
  return {
    policy,
    codec: byteCodec,
    template: chatMl({ knowsTools: false }),
    protocol: reToolProtocol,
    tools: [interpreterOf(() => '1')],
    sampling: { temperature: 1, topP: 1, topK: 0, minP: 0 },
    stopTokens: [turnEndToken, endToken],
    seed: 1,
    retryDelayMs: 0,
    name: 'run',
    groupSize: 2,
    ...more,
  }
}

export async function all(groups: AsyncIterable<Group>): Promise<Group[]> {
  const taken: Group[] = []
  for await (const group of groups) taken.push(group)
  return taken
}
