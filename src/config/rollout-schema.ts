// The part of a recipe that says how trajectories are rolled out.

import { z } from 'zod'
import { defaultTrajectoryLimits as limits } from '../rollout/limits.ts'
import type { Tool } from '../tool/tool.ts'

const count = z.int().min(1)

export const samplingSchema = {
  /** 0 is greedy. */
  temperature: z.number().min(0).default(1),
  /** Keep the smallest set of tokens whose probability reaches this; 1 keeps all. */
  topP: z.number().gt(0).max(1).default(1),
  /** Keep the k most probable tokens; 0 keeps all. */
  topK: z.int().min(0).default(0),
  /** Keep tokens with at least this share of the highest probability; 0 keeps all. */
  minP: z.number().min(0).max(1).default(0),
}

export const limitsSchema = z.strictObject({
  /** Most completions of a trajectory. */
  turns: count.default(limits.turns),
  /** Most calls that are run; the next one ends the trajectory. */
  toolCalls: z.int().min(0).default(limits.toolCalls),
  /** Most tokens of a trajectory, prompt and tool output included. */
  trajectoryTokens: count.default(limits.trajectoryTokens),
  /** Most tokens of one completion. */
  turnTokens: count.default(limits.turnTokens),
  /** Most tokens kept of one output, half from its head and half from its tail. */
  outputTokens: count.default(limits.outputTokens),
  /** Most tokens of all outputs of a trajectory. */
  toolTokens: count.default(limits.toolTokens),
  /** Most milliseconds of a trajectory. */
  wallTimeMs: count.default(limits.wallTimeMs),
})

export const rolloutSchema = z.strictObject({
  /** Problems that a step rolls out. */
  problemsPerStep: count.default(8),
  /** Trajectories per problem. */
  groupSize: count.default(8),
  /** DAPO's dynamic sampling: most rounds of drawing until enough groups have spread. */
  drawLimit: count.default(1),
  ...samplingSchema,
  limits: limitsSchema.prefault({}),
  /** Of a call that cannot be carried out: `tell` the policy and go on, or `end` the trajectory. */
  onMalformed: z.enum(['tell', 'end']).default('tell'),
  /** Most trajectories in flight. */
  concurrency: count.default(256),
  /** Whether a run repeats bit for bit however fast tools answer; slower tools then cost more. */
  repeatable: z.boolean().default(true),
  /** 1 rolls out each step with the weights from before the update that it waits for (one step off). */
  staleness: z.literal([0, 1]).default(0),
})

export const protocolSchema = z.enum(['retool', 'hermes']).default('retool')

/** `interpreter`, or a tool of the user's own, which only a TypeScript recipe can give. */
export const toolsSchema = z
  .array(
    z.union([
      z.literal('interpreter'),
      z.custom<Tool>(isTool, 'a tool, such as functionTool makes in a TypeScript recipe'),
    ]),
  )
  .default(['interpreter'])

function isTool(value: unknown): value is Tool {
  const tool = value as Partial<Tool> | null
  return (
    typeof tool === 'object' && typeof tool?.name === 'string' && typeof tool.call === 'function'
  )
}

export const interpreterSchema = z.strictObject({
  /** `session`: variables live on between the calls of a trajectory. */
  mode: z.enum(['stateless', 'session']).default('stateless'),
  /** Most milliseconds of one program. */
  timeoutMs: count.default(5_000),
})

export const engineSchema = z.strictObject({
  /** Tokens that the cache holds, all sequences together. */
  cacheTokens: count.default(65_536),
  /** Most sequences that decode in one step. */
  maxBatch: count.default(128),
  /** Most prompt tokens that one step reads. */
  prefillTokens: count.default(1024),
})
