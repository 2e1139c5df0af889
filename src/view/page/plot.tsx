// One chart: lines over a shared horizontal axis, their values at the cursor in its head.

import { useEffect, useRef, useState } from 'preact/hooks'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { formatTick, formatValue, type Unit } from './format.ts'
import { theme } from './theme.ts'

export interface Line {
  readonly label: string
  readonly colour: string
  readonly x: readonly number[]
  readonly y: readonly (number | null)[]
  /** What was there before smoothing, drawn faintly. */
  readonly raw?: readonly (number | null)[]
  /** What each point spans when there were more than are drawn. */
  readonly band?: {
    readonly low: readonly (number | null)[]
    readonly high: readonly (number | null)[]
  }
  readonly dashed?: boolean
}

export interface PlotProperties {
  readonly title: string
  readonly lines: readonly Line[]
  readonly xLabel: string
  readonly xUnit?: Unit
  readonly logX?: boolean
  readonly logY?: boolean
  readonly height?: number
  /** Where something happened, as vertical lines. */
  readonly marks?: readonly { readonly x: number; readonly text: string }[]
  readonly range?: readonly [number, number] | undefined
  readonly onZoom?: (range: readonly [number, number] | null) => void
  /** Of the values. */
  readonly unit?: Unit
}

const cursorGroup = 'retool'

export function Plot(properties: PlotProperties) {
  const { title, lines, unit = 'number', height = 220 } = properties
  const place = useRef<HTMLDivElement>(null)
  const chart = useRef<uPlot>(null)
  const [cursor, setCursor] = useState<number | null>(null)
  useEffect(() => {
    if (!place.current) return
    const made = drawChart(place.current, properties, setCursor)
    chart.current = made
    const observer = new ResizeObserver(() => {
      if (place.current) made.setSize({ width: place.current.clientWidth, height })
    })
    observer.observe(place.current)
    return () => {
      observer.disconnect()
      made.destroy()
    }
  }, [shapeOf(properties), theme.value])
  useEffect(() => {
    chart.current?.setData(join(lines), true)
  }, [lines])
  return (
    <figure class="plot">
      <figcaption>
        <span class="plot-title" title={title}>
          {title}
        </span>
        {cursor !== null && (
          <MarkNames marks={properties.marks ?? []} chart={chart.current} x={cursor} />
        )}
        <span class="plot-values">
          {lines.map((line) => (
            <span key={line.label} title={line.label}>
              <i class={line.dashed ? 'dashed' : ''} style={{ '--line-colour': line.colour }} />
              {formatValue(valueAt(line, cursor), unit)}
            </span>
          ))}
        </span>
      </figcaption>
      <div ref={place} class="plot-place" style={{ height: `${height}px` }} />
    </figure>
  )
}

interface MarkNamesProperties {
  readonly marks: NonNullable<PlotProperties['marks']>
  readonly chart: uPlot | null
  readonly x: number
}

/** Pixels around the cursor within which a mark is named. */
const markReach = 8

function MarkNames({ marks, chart, x }: MarkNamesProperties) {
  if (!chart) return null
  const near = marks.filter(
    (mark) => Math.abs(chart.valToPos(mark.x, 'x') - chart.valToPos(x, 'x')) < markReach,
  )
  const names = [...new Set(near.map(({ text }) => text))]
  return names.length > 0 ? <span class="warn">⚠ {names.join(', ')}</span> : null
}

/** Changes only when the chart must be made anew, not with its data. */
function shapeOf({ lines, xLabel, logX, logY, height, marks, range }: PlotProperties): string {
  const lineShapes = lines.map(({ label, colour, raw, band, dashed }) => [
    label,
    colour,
    raw !== undefined,
    band !== undefined,
    dashed,
  ])
  return JSON.stringify([lineShapes, xLabel, logX, logY, height, marks, range])
}

/** The value at the cursor, or the last one where there is no cursor. */
function valueAt({ x, y }: Line, cursor: number | null): number | null | undefined {
  if (cursor === null) return y.findLast((value) => value !== null)
  let low = 0
  let high = x.length - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if ((x[middle] ?? 0) < cursor) low = middle + 1
    else high = middle
  }
  const before = Math.abs((x[low - 1] ?? Number.NEGATIVE_INFINITY) - cursor)
  return y[before < Math.abs((x[low] ?? 0) - cursor) ? low - 1 : low]
}

/** Each line has up to four rows: itself, before smoothing, and the two ends of its band. */
function join(lines: readonly Line[]): uPlot.AlignedData {
  const tables = lines.map(
    ({ x, y, raw, band }): uPlot.AlignedData => [
      [...x],
      ...[y, ...(raw ? [raw] : []), ...(band ? [band.high, band.low] : [])].map((row) => [...row]),
    ],
  )
  if (tables.length === 0) return [[]]
  return uPlot.join(tables)
}

function drawChart(
  place: HTMLElement,
  properties: PlotProperties,
  setCursor: (x: number | null) => void,
): uPlot {
  const { lines, height = 220 } = properties
  const { series, bands } = seriesOf(lines)
  return new uPlot(
    {
      width: place.clientWidth,
      height,
      padding: [8, 10, 0, 0],
      legend: { show: false },
      cursor: {
        sync: { key: cursorGroup, scales: ['x', null] },
        drag: { x: true, y: false, setScale: false },
        points: { size: 5 },
        y: false,
      },
      scales: scalesOf(properties),
      axes: axesOf(properties),
      series,
      bands,
      hooks: hooksOf(properties, setCursor),
    },
    join(lines),
    place,
  )
}

function scalesOf({ logX, logY, range }: PlotProperties): uPlot.Scales {
  return {
    x: {
      time: false,
      distr: logX ? 3 : 1,
      ...(range && { range: [range[0], range[1]] as [number, number] }),
    },
    y: logY ? { distr: 3 } : {},
  }
}

function seriesOf(lines: readonly Line[]) {
  const series: uPlot.Series[] = [{}]
  const bands: uPlot.Band[] = []
  for (const line of lines) {
    series.push({
      label: line.label,
      stroke: line.colour,
      width: 1.8,
      spanGaps: true,
      points: { show: line.x.length < 40, size: 4 },
      ...(line.dashed && { dash: [6, 4] }),
    })
    if (line.raw) {
      series.push({ stroke: `${line.colour}40`, width: 1, spanGaps: true, points: { show: false } })
    }
    if (line.band) {
      const end = { width: 0, spanGaps: true, points: { show: false } }
      series.push(end, end)
      bands.push({ series: [series.length - 2, series.length - 1], fill: `${line.colour}26` })
    }
  }
  return { series, bands }
}

function axesOf({ xLabel, xUnit = 'number', unit = 'number' }: PlotProperties): uPlot.Axis[] {
  const style = getComputedStyle(document.documentElement)
  const ink = style.getPropertyValue('--muted').trim()
  const grid = { stroke: style.getPropertyValue('--line').trim(), width: 1 }
  const shared = { stroke: ink, grid, ticks: { show: false }, font: '11px system-ui, sans-serif' }
  // Ticks that a logarithmic axis leaves empty come as null.
  const inUnit = (of: Unit) => (_: uPlot, ticks: (number | null)[]) =>
    ticks.map((tick) => (tick === null ? '' : formatTick(tick, of)))
  return [
    {
      ...shared,
      size: 24,
      gap: 3,
      label: xLabel,
      labelSize: 18,
      labelGap: 0,
      labelFont: shared.font,
      values: inUnit(xUnit),
      ...(xLabel === 'step' && { incrs: wholeSteps }),
      ...(xUnit === 'seconds' && { incrs: roundTimes }),
    },
    { ...shared, size: 56, values: inUnit(unit) },
  ]
}

/** There is nothing between two steps. */
const wholeSteps = Array.from({ length: 10 }, (_, power) =>
  [1, 2, 5].map((n) => n * 10 ** power),
).flat()

/** Seconds that read as whole seconds, minutes, hours or days. */
const roundTimes = [
  0.01, 0.05, 0.1, 0.5, 1, 2, 5, 10, 30, 120, 300, 600, 1800, 3600, 7200, 18_000, 43_200, 86_400,
  172_800, 432_000, 864_000,
]

function hooksOf(
  { marks = [], onZoom }: PlotProperties,
  setCursor: (x: number | null) => void,
): uPlot.Hooks.Arrays {
  return {
    setCursor: [
      (chart) => {
        const { left } = chart.cursor
        setCursor(left === undefined || left < 0 ? null : chart.posToVal(left, 'x'))
      },
    ],
    setSelect: [
      (chart) => {
        const { left, width } = chart.select
        if (width < 4) return
        onZoom?.([chart.posToVal(left, 'x'), chart.posToVal(left + width, 'x')])
        chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
      },
    ],
    ready: [(chart) => chart.over.addEventListener('dblclick', () => onZoom?.(null))],
    draw: [(chart) => drawMarks(chart, marks)],
  }
}

function drawMarks(chart: uPlot, marks: readonly { readonly x: number }[]): void {
  const { ctx, bbox } = chart
  ctx.save()
  ctx.strokeStyle = getComputedStyle(document.documentElement).getPropertyValue('--warn').trim()
  ctx.fillStyle = ctx.strokeStyle
  ctx.globalAlpha = 0.55
  ctx.setLineDash([3, 4])
  for (const { x } of marks) {
    const left = Math.round(chart.valToPos(x, 'x', true))
    if (left < bbox.left || left > bbox.left + bbox.width) continue
    ctx.beginPath()
    ctx.moveTo(left, bbox.top)
    ctx.lineTo(left, bbox.top + bbox.height)
    ctx.stroke()
    ctx.beginPath()
    ctx.moveTo(left - 5, bbox.top)
    ctx.lineTo(left + 5, bbox.top)
    ctx.lineTo(left, bbox.top + 8)
    ctx.fill()
  }
  ctx.restore()
}
