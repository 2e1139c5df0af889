// The paper's protocol: one assistant turn in which thought, code and the interpreter's feedback
// follow each other, spelled in tags that are ordinary text.

import { UserError } from '../base/errors.ts'
import { lastBoxed } from '../base/last-boxed.ts'
import type { ToolCall } from '../trajectory/call.ts'
import type { ChatMessage, MalformedName, Move, Tool, ToolProtocol } from './tool.ts'

/** The only tool of this protocol. */
export const interpreterName = 'interpreter'

const codeOpen = '<code>'
const codeClose = '</code>'
const answerOpen = '<answer>'
const answerClose = '</answer>'

const solve = 'Solve the problem below step by step.'
const howToCall = `Where it helps, write Python code: an outside sandbox runs it and puts what it printed, or its error, between <interpreter> and </interpreter>, and you go on from there. Each script must be complete, with its imports, and must print what you want to see. Write a script exactly like this:
${codeOpen}
\`\`\`python
print(6 * 7)
\`\`\`
${codeClose}`
const howToAnswer = `Close with the final answer, exactly like this:
${answerOpen}
\\boxed{your final answer}
${answerClose}`

/**
 * ReTool's protocol (Feng et al. 2025). Without tools it asks for text alone, which is the paper's
 * text-only comparison. Throws UserError for any tool besides the interpreter.
 */
export const reToolProtocol: ToolProtocol = {
  name: 'retool',
  stopStrings: [codeClose, answerClose],
  outputTurn: 'same',

  messages(question: string, tools: readonly Tool[]): readonly ChatMessage[] {
    const other = tools.find((tool) => tool.name !== interpreterName)
    if (other) {
      throw new UserError(
        `the retool protocol knows one tool, \`${interpreterName}\`, and was given \`${other.name}\`; use the hermes protocol for other tools`,
      )
    }
    const instructions = tools.length > 0 ? [solve, howToCall, howToAnswer] : [solve, howToAnswer]
    return [{ role: 'user', content: `${instructions.join('\n\n')}\n\nProblem:\n${question}` }]
  },

  parse(text: string, tools: readonly Tool[]): Move {
    if (text.endsWith(codeClose)) return parseCall(text, tools)
    const answerStart = text.lastIndexOf(answerOpen)
    if (answerStart > text.lastIndexOf(codeOpen)) {
      return parseAnswer(text.slice(answerStart + answerOpen.length))
    }
    if (text.includes(codeOpen)) {
      return malformed(
        'unclosedTag',
        `${codeOpen} was not closed by ${codeClose}; nothing was run.`,
      )
    }
    return { kind: 'none' }
  },

  renderOutput(output: string) {
    return [{ origin: 'outside', text: `\n<interpreter>\n${output.trimEnd()}\n</interpreter>\n` }]
  },

  renderCall(call: ToolCall): string {
    return `${codeOpen}\n\`\`\`python\n${String(call.arguments['code'] ?? '').trimEnd()}\n\`\`\`\n${codeClose}`
  },

  renderAnswer(answer: string): string {
    return `${answerOpen}\n\\boxed{${answer}}\n${answerClose}`
  },
}

/** The call that ends in `</code>`. The last opening tag counts: earlier ones may be mere talk. */
function parseCall(text: string, tools: readonly Tool[]): Move {
  const start = text.lastIndexOf(codeOpen)
  if (start === -1) {
    return malformed('unclosedTag', `${codeClose} has no ${codeOpen} before it; nothing was run.`)
  }
  if (!tools.some((tool) => tool.name === interpreterName)) {
    return malformed('unknownTool', 'there is no interpreter here; nothing was run.')
  }
  const body = text.slice(start + codeOpen.length, -codeClose.length)
  const fences = [...body.matchAll(/^[ \t]*```[^\n]*$/gm)]
  if (fences.length > 2) {
    return malformed('severalCalls', `one python fence for each ${codeOpen}; nothing was run.`)
  }
  const code = /^\s*```(?:python3?|py)?[ \t]*\n([\s\S]*?)\n?[ \t]*```\s*$/i.exec(body)?.[1]
  if (fences.length < 2 || code === undefined) {
    return malformed(
      'noFence',
      `code must stand between \`\`\`python and \`\`\` inside ${codeOpen}; nothing was run.`,
    )
  }
  return { kind: 'call', call: { tool: interpreterName, arguments: { code } } }
}

function parseAnswer(afterTag: string): Move {
  const end = afterTag.indexOf(answerClose)
  if (end === -1) {
    return malformed('unclosedTag', `${answerOpen} was not closed by ${answerClose}.`)
  }
  const content = afterTag.slice(0, end).trim()
  return { kind: 'answer', text: lastBoxed(content) ?? content }
}

function malformed(name: MalformedName, told: string): Move {
  return { kind: 'malformed', name, told: `Malformed call (${name}): ${told}` }
}
