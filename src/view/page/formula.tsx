// Mathematics, set by KaTeX; what it cannot set is shown as it was written.

import katex from 'katex'
import 'katex/dist/katex.min.css'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { visibleText } from './visible-text.ts'

interface FormulaProperties {
  readonly text: string
  readonly display: boolean
}

export function Formula({ text, display }: FormulaProperties) {
  const place = useRef<HTMLSpanElement>(null)
  const [failed, setFailed] = useState(false)
  useLayoutEffect(() => {
    if (!place.current) return
    try {
      katex.render(text, place.current, {
        displayMode: display,
        throwOnError: true,
        strict: false,
        // Untrusted: no links, no pictures, no classes of its own, no endless macros.
        trust: false,
        maxSize: 20,
        maxExpand: 200,
      })
      setFailed(false)
    } catch {
      setFailed(true)
    }
  }, [text, display])
  return failed ? (
    <code class="formula-source">{visibleText(text)}</code>
  ) : (
    <span ref={place} class={display ? 'formula formula-display' : 'formula'} />
  )
}
