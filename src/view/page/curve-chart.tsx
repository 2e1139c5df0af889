// One metric of all chosen runs. It is fetched when it comes into sight.

import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { Curve, CurveAxis } from '../../run/metric-query.ts'
import { fetchJson, runAddress } from './data.ts'
import { versions } from './live.ts'
import { metricLook } from './metric-look.ts'
import { type Line, Plot } from './plot.tsx'
import { change, parameter } from './route.ts'
import { chosenRuns, colourOf } from './runs.ts'
import { smooth } from './smooth.ts'

interface CurveChartProperties {
  readonly name: string
  /** In place of the one that the address names. */
  readonly axis?: CurveAxis
  readonly marks?: readonly { readonly x: number; readonly text: string }[]
}

const xLabels: Readonly<Record<string, string>> = {
  step: 'step',
  tokens: 'tokens',
  time: 'time since the start',
}

export function CurveChart({ name, marks = [], axis: given }: CurveChartProperties) {
  const axis = given ?? parameter('axis', 'step')
  const { title, unit } = metricLook(name)
  const place = useRef<HTMLDivElement>(null)
  const visible = useVisible(place)
  const curves = useCurves(visible ? name : null, axis)
  const smoothing = Number(parameter('smooth', '0'))
  const lines = useMemo(
    () => [...curves].map(([run, curve]) => lineOf(run, curve, smoothing)),
    [curves, smoothing],
  )
  const from = Number(parameter('from', 'NaN'))
  const to = Number(parameter('to', 'NaN'))
  return (
    <div ref={place} class="plot-slot">
      {lines.length > 0 && (
        <Plot
          title={title}
          lines={lines}
          xLabel={xLabels[axis] ?? axis}
          xUnit={axis === 'time' ? 'seconds' : 'number'}
          logX={parameter('logx') === '1'}
          logY={parameter('logy') === '1'}
          marks={marks}
          range={Number.isFinite(from) && Number.isFinite(to) ? [from, to] : undefined}
          onZoom={(range) =>
            change(range ? { from: short(range[0]), to: short(range[1]) } : { from: '', to: '' })
          }
          unit={unit}
        />
      )}
    </div>
  )
}

function short(value: number): string {
  return String(Number(value.toPrecision(6)))
}

function lineOf(run: string, curve: Curve, smoothing: number): Line {
  const thinned = curve.count > curve.x.length
  return {
    label: run,
    colour: colourOf(run),
    x: curve.x,
    y: smooth(curve.mean, smoothing),
    ...(smoothing > 0 && { raw: curve.mean }),
    ...(smoothing === 0 && thinned && { band: { low: curve.low, high: curve.high } }),
  }
}

function useVisible(place: { readonly current: HTMLElement | null }): boolean {
  const [visible, setVisible] = useState(false)
  useEffect(() => {
    if (!place.current) return
    const observer = new IntersectionObserver(
      (entries) => setVisible(entries.some(({ isIntersecting }) => isIntersecting)),
      { rootMargin: '300px' },
    )
    observer.observe(place.current)
    return () => observer.disconnect()
  }, [place])
  return visible
}

/** Kept while out of sight; fetched anew when a chosen run changes. Runs without the metric are left out. */
function useCurves(name: string | null, axis: string): ReadonlyMap<string, Curve> {
  const [curves, setCurves] = useState<ReadonlyMap<string, Curve>>(new Map())
  const runs = chosenRuns.value
  const query = {
    axis,
    from: parameter('from'),
    to: parameter('to'),
    limit: 600,
  }
  const stamp = JSON.stringify([runs, query, runs.map((run) => versions.value[run] ?? 0)])
  useEffect(() => {
    if (name === null) return
    const controller = new AbortController()
    const ask = async (run: string) => {
      const address = runAddress(run, '/curve', { name, ...query })
      const curve = await fetchJson<Curve | null>(address, controller.signal).catch(() => null)
      return curve && curve.count > 0 ? [[run, curve] as const] : []
    }
    Promise.all(runs.map(ask)).then((found) => {
      if (!controller.signal.aborted) setCurves(new Map(found.flat()))
    })
    return () => controller.abort()
  }, [name, stamp])
  return curves
}
