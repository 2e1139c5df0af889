// Problems of reasoning-gym families: asks the long-lived generator program (generator.py).

import { UserError } from '../base/errors.ts'
import { nearest } from '../base/nearest.ts'
import type { Problem } from './problem.ts'

/** The part of a `PythonProcess` over generator.py that is needed here. */
export interface GeneratorProcess {
  request(payload: unknown, options: { deadlineMs: number; signal?: AbortSignal }): Promise<unknown>
}

/** Which problems of a family: problem `index` of a seed is always the same one. */
export interface FamilyRequest {
  readonly family: string
  readonly seed: number
  /** Index of the first problem. */
  readonly start: number
  readonly count: number
  /** The family's own settings, such as `max_digits`; others take the family's defaults. */
  readonly settings?: Readonly<Record<string, unknown>>
  /** Level 0, 1, ... of the family's curriculum, applied before `settings`. */
  readonly difficulty?: number
}

interface GeneratedItem {
  readonly index: number
  readonly question: string
  readonly answer: string | null
  readonly metadata: Readonly<Record<string, unknown>>
}

type GeneratorReply =
  | { readonly refused: Refused }
  | {
      readonly settings: Readonly<Record<string, unknown>>
      readonly items: readonly GeneratedItem[]
    }

interface Refused {
  /** What is wrong: `family`, `setting` or `difficulty`. */
  readonly kind: string
  readonly message: string
  readonly known: readonly string[]
}

const deadlineMs = 120_000

/**
 * Problems `start` to `start + count - 1` of a family. Each carries what its verifier needs to
 * rebuild it. An item without an answer (some families have puzzles that only a verifier knows)
 * has the answer ''. Throws UserError for an unknown family or setting, with the nearest known one;
 * `others` are families that the caller knows besides.
 */
export async function generateFamily(
  generator: GeneratorProcess,
  request: FamilyRequest,
  others: readonly string[] = [],
): Promise<Problem[]> {
  const { family, seed } = request
  const reply = (await generator.request(
    { op: 'generate', ...request, settings: request.settings ?? {} },
    { deadlineMs },
  )) as GeneratorReply
  if ('refused' in reply) throw refusal(reply.refused, request, others)
  return reply.items.map((item) => ({
    id: `${family}/${seed}/${item.index}`,
    question: item.question,
    answer: item.answer ?? '',
    source: family,
    verifier: {
      kind: 'reasoning-gym',
      family,
      seed,
      index: item.index,
      settings: reply.settings,
    },
    metadata: item.metadata,
  }))
}

/** Names of all families that the installed reasoning-gym has, sorted. */
export async function listFamilies(generator: GeneratorProcess): Promise<readonly string[]> {
  const reply = await generator.request({ op: 'families' }, { deadlineMs })
  return (reply as { readonly families: readonly string[] }).families
}

function refusal(refused: Refused, request: FamilyRequest, others: readonly string[]): UserError {
  const wrong = refused.message.split(' ').at(-1) ?? request.family
  const known = refused.kind === 'family' ? [...others, ...refused.known] : refused.known
  const suggestion = nearest(wrong, known)
  const way = suggestion
    ? `did you mean ${suggestion}?`
    : known.length > 0
      ? `known: ${known.slice(0, 20).join(', ')}${known.length > 20 ? ', ...' : ''}`
      : 'see the family in the documentation of reasoning-gym'
  return new UserError(`${refused.message}; ${way}`)
}
