// Untrusted text for reading: code in colour, mathematics set, tags as small labels; never a link.

import { useMemo } from 'preact/hooks'
import { Formula } from './formula.tsx'
import { Code } from './highlight.tsx'
import { parseText, type TextPart } from './parse-text.ts'
import { visibleText } from './visible-text.ts'

export function RichText({ text }: { readonly text: string }) {
  const parts = useMemo(() => parseText(text), [text])
  return (
    <div class="rich">
      {parts.map((part, index) => (
        <Part key={index} part={part} />
      ))}
    </div>
  )
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
