// What the teacher is asked, and how its text becomes turns.

import { lastBoxed } from '../base/last-boxed.ts'
import type { Problem } from '../data/problem.ts'
import type { ChatMessage } from '../tool/tool.ts'

const spelling = `Write each script exactly like this:
<code>
\`\`\`python
...
\`\`\`
</code>
and end with the final answer exactly like this:
<answer>
\\boxed{...}
</answer>`

/** Asks to rewrite a worked solution (or to solve the problem, where there is none). */
export function rewriteRequest(problem: Problem): readonly ChatMessage[] {
  const task =
    problem.solution === undefined
      ? 'Solve the problem below in the manner described.'
      : 'Below are a problem and a worked solution. Rewrite the solution in the manner described.'
  const rules = `${task}

- Keep the train of thought and its order, attempts that led nowhere included.
- Wherever the solution calculates, write a Python script instead and let it do the calculation. A later step uses what was printed; never work out a number by hand that a script is about to give.
- Each script is complete by itself: it imports what it uses, defines what it needs and prints what is needed afterwards.
- After each script write what it prints between <interpreter> and </interpreter>, then go on from there.
- At least one script, and no script that is not needed.

${spelling}`
  const solution = problem.solution === undefined ? '' : `\n\nSolution:\n${problem.solution}`
  return [
    { role: 'system', content: rules },
    { role: 'user', content: `Problem:\n${problem.question}${solution}` },
  ]
}

/** Asks to go on after a script that failed. */
export function repairRequest(
  asked: readonly ChatMessage[],
  upToFailure: string,
  error: string,
): readonly ChatMessage[] {
  return [
    ...asked,
    { role: 'assistant', content: upToFailure },
    {
      role: 'user',
      content: `The last script failed when it was run:\n${error}\n\nGo on from there: say in a sentence what was wrong, then write the corrected script and the rest of the solution, spelled as before. Do not repeat what stands before the failed script.`,
    },
  ]
}

export interface TeacherTurn {
  readonly thought: string
  readonly code: string
}

export interface TeacherSolution {
  readonly turns: readonly TeacherTurn[]
  readonly closing: { readonly thought: string; readonly answer: string }
}

/**
 * The turns of the teacher's text without its own thinking (`<think>`) and the outputs it made up;
 * null where the format is broken.
 */
export function parseTeacherText(text: string): TeacherSolution | null {
  const turns: TeacherTurn[] = []
  let rest = text.replace(/^\s*<think>[\s\S]*?<\/think>/, '')
  for (;;) {
    const found = /<code>\s*```(?:python3?|py)?[ \t]*\n([\s\S]*?)\n?[ \t]*```\s*<\/code>/.exec(rest)
    if (!found) break
    turns.push({ thought: rest.slice(0, found.index).trim(), code: found[1] ?? '' })
    rest = rest
      .slice(found.index + found[0].length)
      .replace(/^\s*<interpreter>[\s\S]*?<\/interpreter>/, '')
  }
  const answer = /^([\s\S]*?)<answer>([\s\S]*?)<\/answer>\s*$/.exec(rest)
  const boxed = answer?.[2] === undefined ? undefined : lastBoxed(answer[2])
  if (!answer || boxed === undefined || /<\/?(code|interpreter)>/.test(rest)) return null
  return { turns, closing: { thought: (answer[1] ?? '').trim(), answer: boxed } }
}
