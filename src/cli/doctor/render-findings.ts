// The doctor's report for people.

import { styleText } from 'node:util'
import { usesColour } from '../terminal.ts'
import type { Finding } from './finding.ts'

const marks = { ok: ['✓', 'green'], warning: ['!', 'yellow'], missing: ['✗', 'red'] } as const

export function renderFindings(
  findings: readonly Finding[],
  stream: { readonly isTTY?: boolean } = process.stdout,
): string {
  const width = Math.max(...findings.map(({ name }) => name.length))
  const colour = usesColour(stream)
  const lines = findings.flatMap(({ name, state, found, advice }) => {
    const [mark, style] = marks[state]
    const painted = colour ? styleText(style, mark, { validateStream: false }) : mark
    const line = `${painted} ${name.padEnd(width)}  ${found}`
    return advice ? [line, `  ${' '.repeat(width)}  → ${advice}`] : [line]
  })
  return `${[...lines, '', conclusion(findings)].join('\n')}\n`
}

function conclusion(findings: readonly Finding[]): string {
  const missing = findings.filter(({ state }) => state === 'missing')
  if (missing.length === 0) return 'Everything needed is there.'
  return `Missing: ${missing.map(({ name }) => name.trim()).join(', ')}.`
}
