// The tokens of a trajectory, segment by segment, each in its heat colour.

import type { RefObject } from 'preact'
import { useEffect, useMemo } from 'preact/hooks'
import { type HeatName, type HeatScale, heatOf, type TokenFacts } from './heat.ts'
import { visibleText } from './visible-text.ts'

interface TokenTextProperties {
  readonly place: RefObject<HTMLDivElement | null>
  readonly tokens: readonly TokenFacts[]
  readonly heat: HeatName
  readonly scale: HeatScale | null
  readonly chosen: number | null
  readonly onHover: (index: number | null) => void
  readonly onChoose: (index: number) => void
}

/** One listener for all tokens: a long trajectory has tens of thousands. */
export function TokenText(properties: TokenTextProperties) {
  const { place, tokens, heat, scale, chosen, onHover, onChoose } = properties
  const segments = useMemo(
    () =>
      bySegment(tokens).map((members, index) => (
        <TokenSegment key={index} tokens={members} heat={heat} scale={scale} />
      )),
    [tokens, heat, scale],
  )
  const indexOf = (target: EventTarget | null) => {
    const index = target instanceof HTMLElement ? target.dataset['index'] : undefined
    return index === undefined ? null : Number(index)
  }
  useEffect(() => {
    const all = place.current?.querySelectorAll('.token-chosen') ?? []
    for (const element of all) element.classList.remove('token-chosen')
    if (chosen === null) return
    const element = place.current?.querySelector(`[data-index="${chosen}"]`)
    element?.closest('details')?.setAttribute('open', '')
    element?.classList.add('token-chosen')
    element?.scrollIntoView({ block: 'nearest' })
  }, [chosen, segments, place])
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the arrow keys do the same
    // biome-ignore lint/a11y/useKeyWithClickEvents: the arrow keys do the same
    <div
      ref={place}
      class={`segments tokens tokens-${heat}`}
      onMouseOver={(event) => onHover(indexOf(event.target))}
      onMouseLeave={() => onHover(null)}
      onFocus={() => undefined}
      onClick={(event) => {
        const index = indexOf(event.target)
        if (index !== null) onChoose(index)
      }}
    >
      {segments}
    </div>
  )
}

function bySegment(tokens: readonly TokenFacts[]): TokenFacts[][] {
  const segments: TokenFacts[][] = []
  for (const facts of tokens) {
    segments[facts.segment] ??= []
    segments[facts.segment]?.push(facts)
  }
  return segments
}

interface TokenSegmentProperties {
  readonly tokens: readonly TokenFacts[]
  readonly heat: HeatName
  readonly scale: HeatScale | null
}

/** The context, which has no numbers of its own, is folded. */
function TokenSegment({ tokens, heat, scale }: TokenSegmentProperties) {
  const author = tokens[0]?.author ?? 'context'
  const head = (
    <>
      <b>{author}</b> <span class="quiet">{tokens.length} tokens</span>
    </>
  )
  const run = (
    <div class="token-run">
      {tokens.map((facts) => (
        <Token key={facts.index} facts={facts} heat={heat} scale={scale} />
      ))}
    </div>
  )
  return (
    <section class={`segment segment-${author}`}>
      {author === 'context' ? (
        <details>
          <summary>{head}</summary>
          {run}
        </details>
      ) : (
        <>
          <header>{head}</header>
          {run}
        </>
      )}
    </section>
  )
}

interface TokenProperties {
  readonly facts: TokenFacts
  readonly heat: HeatName
  readonly scale: HeatScale | null
}

function Token({ facts, heat, scale }: TokenProperties) {
  const value = heatOf(heat, facts)
  const background = value === null || !scale ? undefined : scale.colour(value)
  return (
    <span
      data-index={facts.index}
      class={`token token-${facts.author}`}
      style={background === undefined ? undefined : { background }}
    >
      {tokenText(facts.text)}
    </span>
  )
}

/** Line ends are shown and kept; a token without text of its own, part of a character, is a dot. */
function tokenText(text: string): string {
  return text === '' ? '·' : visibleText(text).replaceAll('\n', '↵\n').replaceAll('\t', '⇥\t')
}
