// A trajectory token by token: heat by one number, all numbers of one token beside the pointer.

import type { RefObject } from 'preact'
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { TransportTrajectory } from '../transport.ts'
import { ChoiceButtons } from './choice-buttons.tsx'
import { formatNumber } from './format.ts'
import {
  type HeatName,
  type HeatScale,
  heatNames,
  heatScale,
  heatWords,
  type TokenFacts,
  tokenFacts,
} from './heat.ts'
import { change, parameter } from './route.ts'
import { TokenText } from './token-text.tsx'
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
    ArrowRight: () => choose(chosen === null ? firstWritten(tokens) : chosen + 1),
    ArrowLeft: () => choose(chosen === null ? firstWritten(tokens) : chosen - 1),
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

/** Where the arrow keys begin. */
function firstWritten(tokens: readonly TokenFacts[]): number {
  return tokens.findIndex(({ masked }) => masked)
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
      <ChoiceButtons
        label="Colour tokens by"
        choices={heatNames.map((name) => ({
          name,
          disabled: !known.includes(name),
          title: known.includes(name) ? heatWords[name] : `${name} was not recorded`,
        }))}
        chosen={heat}
        choose={(name) => change({ heat: name })}
      />
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
const tipGap = 6

/** Below its token, or above it where there is no room below. */
function TokenTip({ facts, pinned, place }: TokenTipProperties) {
  const tip = useRef<HTMLDivElement>(null)
  const [corner, setCorner] = useState({ left: '0', top: '0' })
  useLayoutEffect(() => {
    const token = place.current?.querySelector(`[data-index="${facts.index}"]`)
    const box = token?.getClientRects()[0]
    if (!box || !tip.current) return
    const tipHeight = tip.current.offsetHeight
    const below = box.bottom + tipGap
    const top = below + tipHeight > window.innerHeight ? box.top - tipGap - tipHeight : below
    const left = Math.min(box.left, window.innerWidth - tipWidth - 2 * tipGap)
    setCorner({ left: `${left}px`, top: `${Math.max(tipGap, top)}px` })
  }, [facts.index, place])
  return (
    <div ref={tip} class="tip" role="status" style={corner}>
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
