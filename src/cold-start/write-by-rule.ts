// Demonstrations by rule: the rule that knows the problem's kind writes, the sandbox runs.

import type { RandomStream } from '../base/random.ts'
import type { Problem } from '../data/problem.ts'
import type { Tool } from '../tool/tool.ts'
import { withCorrection } from './correction.ts'
import { familyPlans } from './family-code.ts'
import { readFormula } from './read-formula.ts'
import { readMarks } from './read-marks.ts'
import type { ScriptRun } from './run-script.ts'
import { runScript } from './run-script.ts'
import type { Writer } from './script.ts'
import { writeCalculation } from './write-calculation.ts'
import { writeFamily } from './write-family.ts'
import { writeText } from './write-text.ts'

export interface RuleWriting {
  readonly interpreter: Tool
  /** Share of demonstrations that answer by text alone. */
  readonly withoutCode: number
  /** Share of those with code that keep an error and its correction. */
  readonly corrections: number
}

/** Writes and runs; the same problem and stream give the same demonstration. */
export async function writeByRule(
  problem: Problem,
  stream: RandomStream,
  writing: RuleWriting,
  signal: AbortSignal,
): Promise<ScriptRun> {
  const byText = stream.uniform() < writing.withoutCode
  const corrected = stream.uniform() < writing.corrections
  const rule = byText ? { name: 'text', write: writeText } : ruleOf(problem)
  const written = rule.write(problem, stream)
  if (written.kind === 'refused') return { kind: 'dropped', reason: written.reason, detail: '' }
  const script = corrected ? withCorrection(written.script, stream) : written.script
  return await runScript(script, { problem, writer: rule.name }, writing.interpreter, signal)
}

const rules: Readonly<Record<'family' | 'marks' | 'formula', Writer>> = {
  family: writeFamily,
  marks: writeCalculation(readMarks),
  formula: writeCalculation(readFormula),
}

/** The rule for generated problems, for calculator marks, for formulas, by what the problem has. */
function ruleOf(problem: Problem): { readonly name: string; readonly write: Writer } {
  const isGenerated = problem.metadata?.['formula'] !== undefined || problem.source in familyPlans
  const name =
    isGenerated || problem.solution === undefined
      ? 'family'
      : problem.solution.includes('<<') || problem.solution.includes('\n')
        ? 'marks'
        : 'formula'
  return { name, write: rules[name] }
}
