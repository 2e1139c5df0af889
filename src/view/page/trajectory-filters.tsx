// What of a run's trajectories is shown.

import { useEffect, useState } from 'preact/hooks'
import { runAddress, useData } from './data.ts'
import { change, parameter } from './route.ts'

type Facets = Readonly<Record<'phase' | 'stop' | 'source', readonly (readonly [string, number])[]>>

const rangeNames = ['reward', 'step', 'calls', 'errors', 'tokens'] as const

/** Parameters of the address that go to the server as filters. */
export const filterNames = [
  'phase',
  'stop',
  'source',
  'problem',
  'correct',
  'corrected',
  'text',
  ...rangeNames,
] as const

export function TrajectoryFilters({ run }: { readonly run: string }) {
  const { data } = useData<Facets>(runAddress(run, '/facets'), run)
  const [more, setMore] = useState(rangeNames.some((name) => parameter(name) !== ''))
  const active = filterNames.filter((name) => parameter(name) !== '')
  return (
    <>
      <TextSearch />
      <Choice name="phase" label="any phase" options={data?.phase ?? []} />
      <Choice name="stop" label="any stop" options={data?.stop ?? []} />
      <Choice name="source" label="any family" options={data?.source ?? []} />
      <Choice
        name="correct"
        label="right or wrong"
        options={[
          ['true', 'right'],
          ['false', 'wrong'],
        ]}
      />
      <Choice name="corrected" label="any course" options={[['true', 'corrected itself']]} />
      <button type="button" class="button" aria-expanded={more} onClick={() => setMore(!more)}>
        Ranges
      </button>
      {more && rangeNames.map((name) => <RangeFilter key={name} name={name} />)}
      {active.length > 0 && (
        <button
          type="button"
          class="button"
          onClick={() => change(Object.fromEntries(filterNames.map((name) => [name, ''])))}
        >
          Clear
        </button>
      )}
    </>
  )
}

const typingPauseMs = 250

/** Asks when the typing pauses. */
function TextSearch() {
  const given = parameter('text')
  const [text, setText] = useState(given)
  useEffect(() => setText(given), [given])
  useEffect(() => {
    if (text === given) return
    const timer = setTimeout(() => change({ text }), typingPauseMs)
    return () => clearTimeout(timer)
  }, [text, given])
  return (
    <input
      id="text-search"
      class="input input-wide"
      type="search"
      placeholder="Words in the text"
      aria-label="Words in the text"
      value={text}
      onInput={(event) => setText(event.currentTarget.value)}
    />
  )
}

interface ChoiceProperties {
  readonly name: string
  readonly label: string
  readonly options: readonly (readonly [string, number | string])[]
}

function Choice({ name, label, options }: ChoiceProperties) {
  return (
    <select
      class="input"
      aria-label={name}
      value={parameter(name)}
      onChange={(event) => change({ [name]: event.currentTarget.value })}
    >
      <option value="">{label}</option>
      {options.map(([value, note]) => (
        <option key={value} value={value}>
          {typeof note === 'number' ? `${value} (${note.toLocaleString()})` : note}
        </option>
      ))}
    </select>
  )
}

function RangeFilter({ name }: { readonly name: string }) {
  const [from = '', to = ''] = parameter(name).split('..')
  const set = (low: string, high: string) =>
    change({ [name]: low === '' && high === '' ? '' : `${low}..${high}` })
  return (
    <fieldset class="range" aria-label={name}>
      <span>{name}</span>
      <input
        class="input"
        type="number"
        step="any"
        aria-label={`${name} from`}
        value={from}
        onChange={(event) => set(event.currentTarget.value, to)}
      />
      <span>to</span>
      <input
        class="input"
        type="number"
        step="any"
        aria-label={`${name} to`}
        value={to}
        onChange={(event) => set(from, event.currentTarget.value)}
      />
    </fieldset>
  )
}
