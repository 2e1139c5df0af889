// Untrusted text for reading: code in colour, mathematics set, tags as small labels; never a link.

import { useMemo } from 'preact/hooks'
import { Formula } from './formula.tsx'
import { Code } from './highlight.tsx'
import { parseText, type TextPart } from './parse-text.ts'
import { visibleText } from './visible-text.ts'

export function RichText({ text }: { readonly text: string }) {
  const parts = useMemo(() => withoutBlockEnds(parseText(text.replace(/^\n+/, ''))), [text])
  return (
    <div class="rich">
      {parts.map((part, index) => (
        <Part key={index} part={part} />
      ))}
    </div>
  )
}

/** A block begins and ends its own line: the line ends next to it in the text would be seen twice. */
function withoutBlockEnds(parts: readonly TextPart[]): TextPart[] {
  const isBlock = (part: TextPart | undefined) =>
    part?.kind === 'code' || (part?.kind === 'math' && part.display)
  return parts.map((part, index) => {
    if (part.kind !== 'text') return part
    let { text } = part
    if (isBlock(parts[index - 1])) text = text.replace(/^\n/, '')
    if (isBlock(parts[index + 1])) text = text.replace(/\n$/, '')
    return { ...part, text }
  })
}

function Part({ part }: { readonly part: TextPart }) {
  switch (part.kind) {
    case 'text':
      return <span>{visibleText(part.text)}</span>
    case 'code':
      return <Code text={part.text} language={part.language} />
    case 'math':
      return <Formula text={part.text} display={part.display} />
    case 'tag':
      return <span class="protocol-tag">{visibleText(part.text)}</span>
    default:
      part satisfies never
      return null
  }
}
