// A trajectory for reading: who wrote what, in order.

import type { TransportSegment, TransportTrajectory } from '../transport.ts'
import { formatDuration } from './format.ts'
import { RichText } from './rich-text.tsx'

/** Characters of a context from which it is folded: the question stands beside the text anyway. */
const longContext = 500

export function ReadingView({ trajectory }: { readonly trajectory: TransportTrajectory }) {
  return (
    <ol class="segments">
      {trajectory.segments.map((segment, index) => (
        <SegmentText key={index} segment={segment} />
      ))}
    </ol>
  )
}

function SegmentText({ segment }: { readonly segment: TransportSegment }) {
  const text = segment.pieces.join('')
  const { output } = segment
  if (segment.author === 'context' && text.length > longContext) {
    return <FoldedContext tokens={segment.tokens.length} text={text} />
  }
  return (
    <li class={`segment segment-${segment.author}`}>
      <header>
        <b>{segment.author}</b>
        <span class="quiet">{segment.tokens.length} tokens</span>
        {output && (
          <>
            <span class={`badge ${output.ok ? 'badge-answered' : 'badge-malformed'}`}>
              {output.status}
            </span>
            <span class="quiet">{formatDuration(output.durationMs / 1000)}</span>
          </>
        )}
      </header>
      <RichText text={text} />
    </li>
  )
}

function FoldedContext({ tokens, text }: { readonly tokens: number; readonly text: string }) {
  return (
    <li class="segment segment-context">
      <details>
        <summary>
          <b>context</b>&ensp;<span class="quiet">{tokens} tokens</span>
        </summary>
        <RichText text={text} />
      </details>
    </li>
  )
}
