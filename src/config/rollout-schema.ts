// The part of a recipe that says how trajectories are rolled out.

import { z } from 'zod'
import { defaultTrajectoryLimits as limits } from '../rollout/limits.ts'
import type { Tool } from '../tool/tool.ts'

const count = z.int().min(1)

export const samplingSchema = {
  temperature: z.number().min(0).default(1).describe('0 is greedy.'),
  topP: z
    .number()
    .gt(0)
    .max(1)
    .default(1)
    .describe('Keep the likeliest tokens up to this probability; 1 keeps all.'),
  topK: z.int().min(0).default(0).describe('Keep so many of the likeliest tokens; 0 keeps all.'),
  minP: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe('Keep tokens at least this likely beside the likeliest; 0 keeps all.'),
}

export const limitsSchema = z
  .strictObject({
    turns: count.default(limits.turns).describe('Most completions of a trajectory.'),
    toolCalls: z
      .int()
      .min(0)
      .default(limits.toolCalls)
      .describe('Most calls that are run; the next one ends the trajectory.'),
    trajectoryTokens: count
      .default(limits.trajectoryTokens)
      .describe("Most tokens of all segments; the model's context length bounds it further."),
    turnTokens: count.default(limits.turnTokens).describe('Most tokens of one completion.'),
    outputTokens: count
      .default(limits.outputTokens)
      .describe('Most tokens kept of one output, half from its head and half from its tail.'),
    toolTokens: count.default(limits.toolTokens).describe('Most tokens of all outputs together.'),
    wallTimeMs: count.default(limits.wallTimeMs).describe('Most milliseconds of a trajectory.'),
  })
  .describe('The bounds of one trajectory.')

export const rolloutSchema = z
  .strictObject({
    problemsPerStep: count.default(8).describe('Problems that a step rolls out.'),
    groupSize: count.default(8).describe('Trajectories per problem.'),
    drawLimit: count
      .default(1)
      .describe(
        "DAPO's dynamic sampling: most rounds of drawing problems until enough groups have spread.",
      ),
    ...samplingSchema,
    limits: limitsSchema.prefault({}),
    onMalformed: z
      .enum(['tell', 'end'])
      .default('tell')
      .describe(
        'Whether a malformed call is answered with what was wrong, or ends the trajectory.',
      ),
    concurrency: count.default(256).describe('Most trajectories in flight.'),
    repeatable: z
      .boolean()
      .default(true)
      .describe(
        'Whether a run repeats bit for bit however fast tools answer; slower tools then cost more.',
      ),
    staleness: z
      .literal([0, 1])
      .default(0)
      .describe(
        '1 rolls out each step with the weights from before the update that it waits for (one step off).',
      ),
  })
  .describe('How trajectories are rolled out.')

export const protocolSchema = z
  .enum(['retool', 'hermes'])
  .default('retool')
  .describe(
    "How calls are spelled: `retool` in the paper's tags, for the interpreter alone; `hermes` as JSON in the model's chat template, for any tools.",
  )

/** `interpreter`, or a tool of the user's own, which only a TypeScript recipe can give. */
export const toolsSchema = z
  .array(
    z.union([
      z.literal('interpreter'),
      z.custom<Tool>(isTool, 'a tool, such as functionTool makes in a TypeScript recipe'),
    ]),
  )
  .default(['interpreter'])
  .describe('What the policy may call; [] for text alone. Own tools need a TypeScript recipe.')

function isTool(value: unknown): value is Tool {
  const tool = value as Partial<Tool> | null
  return (
    typeof tool === 'object' && typeof tool?.name === 'string' && typeof tool.call === 'function'
  )
}

export const interpreterSchema = z
  .strictObject({
    mode: z
      .enum(['stateless', 'session'])
      .default('stateless')
      .describe('`session`: variables live on between the calls of a trajectory.'),
    timeoutMs: count.default(5_000).describe('Most milliseconds of one program.'),
  })
  .describe('The Python interpreter in the sandbox.')

export const engineSchema = z
  .strictObject({
    cacheTokens: count
      .default(65_536)
      .describe('Tokens that the cache holds, all sequences together.'),
    maxBatch: count.default(128).describe('Most sequences that decode in one step.'),
    prefillTokens: count.default(1024).describe('Most prompt tokens that one step reads.'),
  })
  .describe('The engine that generates.')
