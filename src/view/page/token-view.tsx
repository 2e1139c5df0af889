// A trajectory token by token: heat by one number, all numbers of one token beside the pointer.

import type { RefObject } from 'preact'
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { TransportTrajectory } from '../transport.ts'
import { formatNumber } from './format.ts'
import {
  type HeatName,
  type HeatScale,
  heatNames,
  heatOf,
  heatScale,
  heatWords,
  type TokenFacts,
  tokenFacts,
} from './heat.ts'
import { change, parameter } from './route.ts'
import { useKeys } from './use-keys.ts'
import { visibleText } from './visible-text.ts'

export function TokenView({ trajectory }: { readonly trajectory: TransportTrajectory }) {
  const tokens = useMemo(() => tokenFacts(trajectory), [trajectory])
  const heat = heatNames.find((name) => name === parameter('heat')) ?? 'probability'
  const scale = useMemo(() => heatScale(heat, tokens), [heat, tokens])
  const chosen = parameter('token') === '' ? null : Number(parameter('token'))
  const [hovered, setHovered] = useState<number | null>(null)
  const place = useRef<HTMLDivElement>(null)
  const choose = (index: number) => {
    const kept = Math.max(0, Math.min(tokens.length - 1, index))
    change({ token: String(kept) })
    setHovered(null)
  }
  useKeys({
    h: () => change({ heat: heatNames[(heatNames.indexOf(heat) + 1) % heatNames.length] ?? '' }),
    ArrowRight: () => choose((chosen ?? -1) + 1),
    ArrowLeft: () => choose((chosen ?? 1) - 1),
  })
  const shown = tokens[hovered ?? chosen ?? -1]
  return (
    <div class="token-view">
      <HeatChoice heat={heat} scale={scale} tokens={tokens} />
      <TokenText
        place={place}
        tokens={tokens}
        heat={heat}
        scale={scale}
        chosen={chosen}
        onHover={setHovered}
        onChoose={choose}
      />
      {shown && <TokenTip facts={shown} pinned={hovered === null} place={place} />}
    </div>
  )
}

interface HeatChoiceProperties {
  readonly heat: HeatName
  readonly scale: HeatScale | null
  readonly tokens: readonly TokenFacts[]
}

function HeatChoice({ heat, scale, tokens }: HeatChoiceProperties) {
  const known = useMemo(
    () => heatNames.filter((name) => name === 'author' || heatScale(name, tokens)),
    [tokens],
  )
  return (
    <div class="heat-choice">
      <fieldset class="segmented" aria-label="Colour tokens by">
        {heatNames.map((name) => (
          <button
            key={name}
            type="button"
            aria-pressed={heat === name}
            disabled={!known.includes(name)}
            title={known.includes(name) ? heatWords[name] : `${name} was not recorded`}
            onClick={() => change({ heat: name })}
          >
            {name}
          </button>
        ))}
      </fieldset>
      <span class="quiet">{heatWords[heat]}</span>
      {scale && <HeatLegend heat={heat} scale={scale} />}
    </div>
  )
}

const legendSteps = 21

function HeatLegend({ heat, scale }: { readonly heat: HeatName; readonly scale: HeatScale }) {
  const ends =
    heat === 'probability' ? ([1, 0] as const) : ([Number(scale.low), Number(scale.high)] as const)
  const stops = Array.from({ length: legendSteps }, (_, step) => {
    const share = step / (legendSteps - 1)
    return scale.colour(ends[0] + (ends[1] - ends[0]) * share)
  })
  return (
    <span class="legend">
      {scale.low}
      <i style={{ background: `linear-gradient(to right, ${stops.join(', ')})` }} />
      {scale.high}
    </span>
  )
}

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
function TokenText(properties: TokenTextProperties) {
  const { place, tokens, heat, scale, chosen, onHover, onChoose } = properties
  const spans = useMemo(
    () =>
      tokens.map((facts) => <Token key={facts.index} facts={facts} heat={heat} scale={scale} />),
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
    element?.classList.add('token-chosen')
    element?.scrollIntoView({ block: 'nearest' })
  }, [chosen, spans, place])
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the arrow keys do the same
    // biome-ignore lint/a11y/useKeyWithClickEvents: the arrow keys do the same
    <div
      ref={place}
      class={`tokens tokens-${heat}`}
      onMouseOver={(event) => onHover(indexOf(event.target))}
      onMouseLeave={() => onHover(null)}
      onFocus={() => undefined}
      onClick={(event) => {
        const index = indexOf(event.target)
        if (index !== null) onChoose(index)
      }}
    >
      {spans}
    </div>
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

const tipNumbers: readonly (readonly [keyof TokenFacts, string])[] = [
  ['logprob', 'rollout log-prob'],
  ['oldLogprob', 'old log-prob'],
  ['newLogprob', 'new log-prob'],
  ['referenceLogprob', 'reference log-prob'],
  ['advantage', 'advantage'],
  ['ratio', 'ratio'],
  ['entropy', 'entropy'],
  ['value', 'value'],
]

interface TokenTipProperties {
  readonly facts: TokenFacts
  readonly pinned: boolean
  readonly place: RefObject<HTMLDivElement | null>
}

const tipWidth = 280
const tipHeight = 290
const tipGap = 6

/** Below its token, or above it where there is no room below. */
function TokenTip({ facts, pinned, place }: TokenTipProperties) {
  const [corner, setCorner] = useState({ left: '0', top: '0' })
  useLayoutEffect(() => {
    const token = place.current?.querySelector(`[data-index="${facts.index}"]`)
    const box = token?.getClientRects()[0]
    if (!box) return
    const below = box.bottom + tipGap
    const top = below + tipHeight > window.innerHeight ? box.top - tipGap - tipHeight : below
    const left = Math.min(box.left, window.innerWidth - tipWidth - 2 * tipGap)
    setCorner({ left: `${left}px`, top: `${Math.max(tipGap, top)}px` })
  }, [facts.index, place])
  return (
    <div class="tip" role="status" style={corner}>
      <p class="tip-text">{JSON.stringify(visibleText(facts.text))}</p>
      <dl class="parts">
        <div>
          <dt>token</dt>
          <dd>
            {facts.id} <span class="quiet">at {facts.index}</span>
          </dd>
        </div>
        <div>
          <dt>author</dt>
          <dd>{facts.author}</dd>
        </div>
        <div>
          <dt>mask</dt>
          <dd>{facts.masked ? '1, trained on' : '0'}</dd>
        </div>
        {facts.logprob !== null && (
          <div>
            <dt>probability</dt>
            <dd>{formatNumber(Math.exp(facts.logprob))}</dd>
          </div>
        )}
        {tipNumbers.map(([name, label]) => {
          const value = facts[name]
          return typeof value === 'number' ? (
            <div key={name}>
              <dt>{label}</dt>
              <dd>{formatNumber(value)}</dd>
            </div>
          ) : null
        })}
      </dl>
      {pinned && <p class="quiet">← → to move</p>}
    </div>
  )
}
