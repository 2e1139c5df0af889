// A demonstration by a teacher: its scripts run for real, one that fails is repaired once.

import type { RandomStream } from '../base/random.ts'
import type { Problem } from '../data/problem.ts'
import type { ChatMessage, Tool } from '../tool/tool.ts'
import type { DemonstrationTurn } from './demonstration.ts'
import type { ScriptRun } from './run-script.ts'
import { runSnippet } from './run-script.ts'
import type { Teacher } from './teacher.ts'
import type { TeacherSolution } from './teacher-text.ts'
import { parseTeacherText, repairRequest, rewriteRequest } from './teacher-text.ts'

export interface TeacherWriting {
  readonly teacher: Teacher
  readonly interpreter: Tool
  /** Share of repaired demonstrations that keep the error before its correction. */
  readonly keptErrors: number
}

/** Asks, runs, repairs. What the teacher claims that its scripts print is never believed. */
export async function writeByTeacher(
  problem: Problem,
  stream: RandomStream,
  writing: TeacherWriting,
  signal: AbortSignal,
): Promise<ScriptRun> {
  const asked = rewriteRequest(problem)
  const text = await writing.teacher.ask(asked, signal)
  const solution = parseTeacherText(text)
  if (!solution) return dropped('the teacher broke the format', text)
  const id = `${writing.teacher.name}/${problem.id}`
  const run = (code: string) => runSnippet(code, id, writing.interpreter, signal)
  const first = await runTurns(solution, run)
  if (!first.failed) return whole(id, problem, writing, { ...solution, turns: first.turns })
  const repair = repairRequest(asked, spelledUpTo(first.turns), first.failed.output.text)
  const repaired = parseTeacherText(await writing.teacher.ask(repair, signal))
  if (!repaired) return dropped('the repair broke the format', first.failed.output.text)
  const second = await runTurns(repaired, run)
  if (second.failed) return dropped('a snippet failed twice', second.failed.output.text)
  const keepsError = stream.uniform() < writing.keptErrors
  const before = keepsError ? first.turns : first.turns.slice(0, -1)
  const after = keepsError ? second.turns : withThought(second.turns, first.failed.thought)
  return whole(id, problem, writing, { ...repaired, turns: [...before, ...after] })
}

/** Runs until one fails; the failed turn is the last. */
async function runTurns(
  { turns }: TeacherSolution,
  run: (code: string) => Promise<Pick<DemonstrationTurn, 'call' | 'output'>>,
): Promise<{ turns: readonly DemonstrationTurn[]; failed: DemonstrationTurn | null }> {
  const ran: DemonstrationTurn[] = []
  for (const { thought, code } of turns) {
    const turn = { thought, ...(await run(code)) }
    ran.push(turn)
    if (!turn.output.ok) return { turns: ran, failed: turn }
  }
  return { turns: ran, failed: null }
}

function whole(
  id: string,
  problem: Problem,
  { teacher }: TeacherWriting,
  rest: { turns: readonly DemonstrationTurn[]; closing: TeacherSolution['closing'] },
): ScriptRun {
  if (rest.turns.length === 0) return dropped('the teacher wrote no script', rest.closing.thought)
  const { turns, closing } = rest
  return {
    kind: 'demonstration',
    demonstration: { id, problem, writer: teacher.name, turns, closing },
  }
}

/** The turns with the first one's words replaced: the apology for an error that is not shown. */
function withThought(
  turns: readonly DemonstrationTurn[],
  thought: string,
): readonly DemonstrationTurn[] {
  return turns.map((turn, index) => (index === 0 ? { ...turn, thought } : turn))
}

function spelledUpTo(turns: readonly DemonstrationTurn[]): ChatMessage['content'] {
  return turns
    .map(({ thought, call, output }) => {
      const code = `<code>\n\`\`\`python\n${String(call.arguments['code'])}\n\`\`\`\n</code>`
      const printed = output.ok ? `\n<interpreter>\n${output.text}\n</interpreter>` : ''
      return `${thought}\n${code}${printed}`
    })
    .join('\n')
}

function dropped(reason: string, detail: string): ScriptRun {
  return { kind: 'dropped', reason, detail }
}
