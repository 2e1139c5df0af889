// Trajectories as a run folder keeps them: with the text of each token, how they were judged, and
// what was computed for each token.

import { codePurpose } from '../evaluate/code-purpose.ts'
import type { Judgement } from '../reward/judge.ts'
import type { Scored, ScoredGroup } from '../reward/reward.ts'
import type { Phase, TokenValues, TrajectoryRecord } from '../run/trajectory-record.ts'
import { IncrementalDecoder } from '../tokenizer/incremental-decoder.ts'
import type { Tokenizer } from '../tokenizer/tokenizer.ts'
import type { TokenId } from '../trajectory/segment.ts'

/** What was computed for the tokens of the trajectory with this id. */
export interface RecordedTokens {
  readonly id: string
  readonly tokenValues: TokenValues
}

/** Records of all members. */
export function trajectoryRecords(
  groups: readonly ScoredGroup[],
  computed: readonly RecordedTokens[],
  phase: Phase,
  tokenizer: Tokenizer,
): TrajectoryRecord[] {
  const byId = new Map(computed.map(({ id, tokenValues }) => [id, tokenValues]))
  return groups.flatMap(({ problem, members }) =>
    members.map(({ trajectory, reward }): TrajectoryRecord => {
      const tokenValues = byId.get(trajectory.id)
      const { id, question, answer, source } = problem
      const { judged, ...recorded } = reward
      return {
        trajectory,
        phase,
        problem: { id, question, answer, source },
        pieces: trajectory.segments.map(({ tokens }) => piecesOf(tokens, tokenizer)),
        reward: recorded,
        purposes: purposesOf(trajectory),
        ...(judged && { answer: judged.answer, verdict: verdictOf(judged.judgement) }),
        ...(tokenValues && { tokenValues }),
      }
    }),
  )
}

const judges = {
  exact: 'by exact arithmetic',
  grader: 'by the grader',
  own: "by the recipe's judge",
} as const

/** `right, by exact arithmetic`; `wrong, worth 0.25, by the grader`; `no answer was found`. */
function verdictOf({ correct, score, by }: Judgement): string {
  if (by === 'nothing') return 'no answer was found'
  const credit = !correct && score > 0 ? `, worth ${Number(score.toPrecision(3))}` : ''
  return `${correct ? 'right' : 'wrong'}${credit}, ${judges[by]}`
}

/** What each snippet of code is for, in the order of the calls. */
function purposesOf({ segments }: Scored['trajectory']): string[] {
  return segments.flatMap((segment) => {
    if (segment.author !== 'tool' || segment.output.status === 'malformed') return []
    const code = segment.call.arguments['code']
    return typeof code === 'string' ? [codePurpose(code)] : []
  })
}

/** The text of each token; a token that ends no character has none, the next one has it all. */
function piecesOf(tokens: readonly TokenId[], tokenizer: Tokenizer): string[] {
  const decoder = new IncrementalDecoder(tokenizer.vocabulary)
  const pieces = tokens.map((token) => decoder.push(token))
  const rest = decoder.flush()
  if (rest !== '') pieces[pieces.length - 1] += rest
  return pieces
}
