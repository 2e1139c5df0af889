// What decides the numbers of an evaluation; an interrupted one goes on only with the same.

import { UserError } from '../../base/errors.ts'
import type { CallStyle } from '../../evaluate/chat-attempter.ts'
import { paperEvaluation } from '../../evaluate/evaluate.ts'
import type { SourceFlags } from '../source-flags.ts'
import type { EvaluateFlags } from './flags.ts'

export interface EvaluateConfig {
  /** A reference, a run folder or a checkpoint; with `server`, the model's name there. */
  readonly model: string
  readonly server: string | null
  readonly calls: CallStyle
  readonly tokenizer: string | null
  readonly template: string | null
  readonly dtype: string | null
  readonly adapter: string | null
  readonly source: string
  /** How the source is read. */
  readonly reading: SourceFlags
  readonly attempts: number
  readonly temperature: number
  readonly topP: number
  readonly tools: boolean
  readonly limit: number | null
  readonly seed: number
  readonly limits: {
    readonly turns: number
    readonly turnTokens: number
    readonly trajectoryTokens: number
  }
}

/** Throws UserError for flags that contradict each other or would have no effect. */
export function evaluateConfig(
  model: string,
  source: string,
  flags: EvaluateFlags,
): EvaluateConfig {
  refuseWithoutEffect(flags)
  const { paper, attempts, temperature, topP, turns, turnTokens, trajectoryTokens } = flags
  const { server, calls, tokenizer, template, dtype, adapter } = flags
  if (paper && (attempts ?? temperature ?? topP) !== undefined) {
    throw new UserError('--paper sets attempts, temperature and top-p; give it or them', 2)
  }
  const defaults = paper ? paperEvaluation : { attemptsPerProblem: 4, temperature: 1, topP: 0.7 }
  return {
    model,
    server: server ?? null,
    calls: calls ?? 'text',
    tokenizer: tokenizer ?? null,
    template: template ?? null,
    dtype: dtype ?? null,
    adapter: adapter ?? null,
    source,
    reading: readingOf(flags),
    attempts: attempts ?? defaults.attemptsPerProblem,
    temperature: temperature ?? defaults.temperature,
    topP: topP ?? defaults.topP,
    tools: flags.tools,
    limit: flags.limit ?? null,
    seed: flags.seed,
    limits: { turns, turnTokens, trajectoryTokens },
  }
}

function refuseWithoutEffect(flags: EvaluateFlags): void {
  const { server, calls, tokenizer, dtype, template, adapter, tools } = flags
  const refuse = (flag: string, why: string) => {
    throw new UserError(`${flag} has no effect ${why}; leave it out`, 2)
  }
  if (server === undefined) {
    if (calls !== undefined) refuse('--calls', 'without --server')
    if (tokenizer !== undefined) refuse('--tokenizer', 'without --server')
    return
  }
  if (dtype !== undefined) refuse('--dtype', 'on a server')
  if (adapter !== undefined) refuse('--adapter', 'on a server')
  if (template !== undefined && tokenizer === undefined) {
    refuse('--template', 'where the server spells the messages (without --tokenizer)')
  }
  if (calls === 'tools' && tokenizer !== undefined) {
    refuse('--calls tools', 'with --tokenizer, where calls are text')
  }
  if (calls === 'tools' && !tools) refuse('--calls tools', 'with --no-tools')
}

function readingOf(flags: SourceFlags): SourceFlags {
  const { question, answer, solution, split, subset, size, problemSeed, difficulty } = flags
  const all = { question, answer, solution, split, subset, size, problemSeed, difficulty }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
}
