// One solved trajectory in colour: what was asked, what the model wrote, what the interpreter said.

import { styleText } from 'node:util'
import type { ScoredGroup } from '../../reward/reward.ts'
import type { QuickstartResult } from '../../train/quickstart-options.ts'
import type { Segment } from '../../trajectory/segment.ts'

/** Null where nothing was solved with a call. */
export function solvedExample(
  { attempts, decode }: Pick<QuickstartResult, 'attempts' | 'decode'>,
  colour: boolean,
): string | null {
  const solved = attempts.find(isSolvedWithCall)
  const member = solved?.members.find(({ reward }) => reward.correct)
  if (!solved || !member) return null
  const paint = (style: Parameters<typeof styleText>[0], text: string) =>
    colour ? styleText(style, text, { validateStream: false }) : text
  const parts = member.trajectory.segments.flatMap((segment) => {
    if (segment.author === 'context') return []
    const text = decode(segment.tokens)
    return [paint(segment.author === 'policy' ? 'cyan' : 'yellow', printable(text))]
  })
  return `${paint('bold', printable(solved.problem.question))}\n${parts.join('')}\n`
}

function isSolvedWithCall({ members }: ScoredGroup): boolean {
  const called = (segment: Segment) => segment.author === 'tool' && segment.output.ok
  return members.some(
    ({ reward, trajectory }) => reward.correct && trajectory.segments.some(called),
  )
}

/** What a model or a program wrote must not steer the terminal. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '\ufffd')
}
