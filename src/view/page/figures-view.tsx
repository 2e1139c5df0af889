// The paper's figures 3 to 6 for the chosen runs, from their recorded trajectories.

import { useEffect, useMemo, useState } from 'preact/hooks'
import type { Behaviour } from '../../run/figure-query.ts'
import { ChoiceButtons } from './choice-buttons.tsx'
import { fetchJson, runAddress } from './data.ts'
import { EmptyState } from './empty-state.tsx'
import { EvaluationsTable } from './evaluations-table.tsx'
import { versions } from './live.ts'
import { type Line, Plot } from './plot.tsx'
import { PurposeBars } from './purpose-bars.tsx'
import { change, linkTo, parameter } from './route.ts'
import { chosenRuns, colourOf, currentRun } from './runs.ts'
import { smooth } from './smooth.ts'
import { SmoothingSlider } from './smoothing-slider.tsx'

interface Figure {
  readonly title: string
  readonly what: string
  /** Two values are drawn as a whole and a dashed line. */
  readonly values: readonly (keyof Behaviour)[]
  readonly share?: boolean
  readonly names?: readonly string[]
}

const figures: readonly Figure[] = [
  {
    title: 'Accuracy',
    what: 'Share of responses with the right answer.',
    values: ['accuracy'],
    share: true,
  },
  {
    title: 'Response length',
    what: 'Mean tokens of a response. The paper: a sharp drop, then a slow rise.',
    values: ['responseLength'],
  },
  {
    title: 'Code ratio',
    what: 'Share of responses with at least one snippet. The paper: up to about 98\u00a0%.',
    values: ['codeRatio'],
    share: true,
  },
  {
    title: 'Code lines',
    what: 'Mean lines of code of responses that have code. The paper: about five times the start.',
    values: ['codeLines'],
  },
  {
    title: 'Correct code count',
    what: 'Snippets of a step that ran without error.',
    values: ['correctCodeCount'],
  },
  {
    title: 'Code pass rate',
    what: 'Success of the last snippet: solid where the answer was right, dashed where wrong.',
    values: ['codePassRateRight', 'codePassRateWrong'],
    names: ['right answers', 'wrong answers'],
    share: true,
  },
  {
    title: 'Invocation timing',
    what: 'Where in the response the first snippet begins. The paper: it moves to the front.',
    values: ['invocationTiming'],
    share: true,
  },
  {
    title: 'Self-correction',
    what: 'Share of responses with a failed snippet in which a later one succeeded.',
    values: ['selfCorrection'],
    share: true,
  },
  {
    title: 'Turns',
    what: 'Mean completions of a response.',
    values: ['meanTurns'],
  },
  {
    title: 'Ended by a limit or malformed',
    what: 'Shares of responses: solid by a limit, dashed by a malformed call.',
    values: ['limited', 'malformed'],
    names: ['limit', 'malformed'],
    share: true,
  },
]

export function FiguresView() {
  const phase = parameter('phase', 'train')
  const all = useBehaviour(chosenRuns.value, phase)
  const smoothing = Number(parameter('smooth', '0.7'))
  const run = currentRun.value
  return (
    <>
      <div class="tools">
        <ChoiceButtons
          label="Trajectories"
          choices={[{ name: 'train' }, { name: 'evaluation' }]}
          chosen={phase}
          choose={(name) => change({ phase: name })}
        />
        <SmoothingSlider otherwise="0.7" />
        <span class="quiet hint">
          The behaviour that ReTool’s figures 3 to 6 follow, step by step, from recorded
          trajectories.
        </span>
      </div>
      {all?.size === 0 && (
        <EmptyState title="Nothing to draw">
          The chosen runs recorded no {phase} trajectories.
        </EmptyState>
      )}
      {all && all.size > 0 && (
        <div class="plots">
          {figures.map((figure) => (
            <FigurePlot key={figure.title} figure={figure} all={all} smoothing={smoothing} />
          ))}
        </div>
      )}
      {run !== undefined && <PurposeBars run={run} phase={phase} />}
      {run !== undefined && <EvaluationsTable run={run} />}
      {run !== undefined && all !== null && all.size > 0 && (
        <p class="figure-links">
          Cases, as in figures 4 and 6:{' '}
          <a href={linkTo('trajectories', { phase, corrected: 'true' })}>
            responses of {run} that corrected their own code
          </a>
          {' · '}
          <a href={linkTo('trajectories', { phase, sort: 'calls' })}>most calls</a>
        </p>
      )}
    </>
  )
}

interface FigurePlotProperties {
  readonly figure: Figure
  readonly all: ReadonlyMap<string, readonly Behaviour[]>
  readonly smoothing: number
}

function FigurePlot({ figure, all, smoothing }: FigurePlotProperties) {
  const lines = useMemo(
    () =>
      [...all].flatMap(([run, rows]) =>
        figure.values.map((value, index): Line => {
          const raw = rows.map((row) => row[value])
          return {
            label: figure.names ? `${run}, ${figure.names[index]}` : run,
            colour: colourOf(run),
            x: rows.map(({ step }) => step),
            y: smooth(raw, smoothing),
            ...(smoothing > 0 && index === 0 && { raw }),
            dashed: index > 0,
          }
        }),
      ),
    [all, figure, smoothing],
  )
  return (
    <div class="figure">
      <Plot
        title={figure.title}
        lines={lines}
        xLabel="step"
        unit={figure.share ? 'share' : 'number'}
      />
      <p class="quiet">{figure.what}</p>
    </div>
  )
}

/** Null until it is known. */
function useBehaviour(runs: readonly string[], phase: string) {
  const [all, setAll] = useState<ReadonlyMap<string, readonly Behaviour[]> | null>(null)
  const stamp = JSON.stringify([runs, phase, runs.map((run) => versions.value[run] ?? 0)])
  useEffect(() => {
    const controller = new AbortController()
    const ask = async (run: string) => {
      const address = runAddress(run, '/behaviour', { phase })
      return [
        run,
        await fetchJson<Behaviour[]>(address, controller.signal).catch(() => []),
      ] as const
    }
    Promise.all(runs.map(ask)).then((found) => {
      if (!controller.signal.aborted) setAll(new Map(found.filter(([, rows]) => rows.length > 0)))
    })
    return () => controller.abort()
  }, [stamp])
  return all
}
