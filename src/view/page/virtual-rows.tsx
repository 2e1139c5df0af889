// A long list of rows of one height, of which only those in sight are in the page.

import type { ComponentChildren } from 'preact'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'

interface VirtualRowsProperties {
  readonly count: number
  readonly rowHeight: number
  /** Scrolled into sight when it changes. */
  readonly focus: number
  readonly row: (index: number) => ComponentChildren
}

/** Rows that are kept ready above and below those in sight. */
const margin = 12

export function VirtualRows({ count, rowHeight, focus, row }: VirtualRowsProperties) {
  const place = useRef<HTMLDivElement>(null)
  const [top, setTop] = useState(0)
  const [height, setHeight] = useState(800)
  useLayoutEffect(() => {
    const element = place.current
    if (!element) return
    const observer = new ResizeObserver(() => setHeight(element.clientHeight))
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  useEffect(() => {
    const element = place.current
    if (!element || focus < 0) return
    const start = focus * rowHeight
    if (start < element.scrollTop) element.scrollTop = start
    const over = start + rowHeight - (element.scrollTop + element.clientHeight)
    if (over > 0) element.scrollTop += over
  }, [focus, rowHeight])
  const first = Math.max(0, Math.floor(top / rowHeight) - margin)
  const last = Math.min(count, Math.ceil((top + height) / rowHeight) + margin)
  const indices = Array.from({ length: Math.max(0, last - first) }, (_, offset) => first + offset)
  return (
    <div ref={place} class="rows" onScroll={(event) => setTop(event.currentTarget.scrollTop)}>
      <div class="rows-inside" style={{ height: `${count * rowHeight}px` }}>
        {indices.map((index) => (
          <div
            key={index}
            class="row-place"
            style={{ transform: `translateY(${index * rowHeight}px)`, height: `${rowHeight}px` }}
          >
            {row(index)}
          </div>
        ))}
      </div>
    </div>
  )
}
