// Code in colour. The highlighter's markup is read into elements here, so that no text ever
// reaches the page as markup.

import hljs from 'highlight.js/lib/core'
import bash from 'highlight.js/lib/languages/bash'
import javascript from 'highlight.js/lib/languages/javascript'
import json from 'highlight.js/lib/languages/json'
import python from 'highlight.js/lib/languages/python'
import typescript from 'highlight.js/lib/languages/typescript'
import { useMemo } from 'preact/hooks'
import { visibleText } from './visible-text.ts'

hljs.registerLanguage('python', python)
hljs.registerLanguage('javascript', javascript)
hljs.registerLanguage('typescript', typescript)
hljs.registerLanguage('json', json)
hljs.registerLanguage('bash', bash)

interface CodeProperties {
  readonly text: string
  readonly language: string
}

/** Longer code is shown plain: colouring it would hold up the page. */
const longest = 50_000

export function Code({ text, language }: CodeProperties) {
  const runs = useMemo(() => colouredRuns(visibleText(text), language), [text, language])
  return (
    <pre class="code">
      <code>
        {runs.map(({ text: run, style }, index) => (
          <span key={index} class={style}>
            {run}
          </span>
        ))}
      </code>
    </pre>
  )
}

interface Run {
  readonly text: string
  readonly style: string
}

const entities: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#x27;': "'",
}

/** The highlighter writes `<span class="...">`, `</span>` and text with five entities, no more. */
export function colouredRuns(text: string, language: string): Run[] {
  const known = hljs.getLanguage(language || 'python') ? language || 'python' : undefined
  if (known === undefined || text.length > longest) return [{ text, style: '' }]
  const { value } = hljs.highlight(text, { language: known, ignoreIllegals: true })
  const runs: Run[] = []
  const styles: string[] = []
  for (const [piece] of value.matchAll(/<span class="[^"]*">|<\/span>|[^<]+/g)) {
    if (piece === '</span>') styles.pop()
    else if (piece.startsWith('<')) styles.push(piece.slice('<span class="'.length, -2))
    else {
      const plain = piece.replace(/&(?:amp|lt|gt|quot|#x27);/g, (name) => entities[name] ?? name)
      runs.push({ text: plain, style: styles.at(-1) ?? '' })
    }
  }
  return runs
}
