// The configurations of the chosen runs, and where they differ.

import type { ConfigRow } from '../api.ts'
import { ChoiceButtons } from './choice-buttons.tsx'
import { useData } from './data.ts'
import { EmptyState } from './empty-state.tsx'
import { change, parameter } from './route.ts'
import { chosenRuns, colourOf } from './runs.ts'

export function ConfigView() {
  const runs = chosenRuns.value
  const query = new URLSearchParams(runs.map((run) => ['run', run])).toString()
  const { data, error } = useData<ConfigRow[]>(runs.length > 0 ? `api/configs?${query}` : null)
  const onlyDifferent = parameter('show', runs.length > 1 ? 'different' : 'all') === 'different'
  const search = parameter('search').toLowerCase()
  const rows = (data ?? []).filter(
    ({ key, same }) => key.toLowerCase().includes(search) && !(onlyDifferent && same),
  )
  return (
    <>
      <div class="tools">
        <input
          class="input"
          type="search"
          placeholder="Search keys"
          aria-label="Search keys"
          value={parameter('search')}
          onInput={(event) => change({ search: event.currentTarget.value })}
        />
        <ChoiceButtons
          label="Which keys"
          choices={[{ name: 'different' }, { name: 'all' }]}
          chosen={onlyDifferent ? 'different' : 'all'}
          choose={(show) => change({ show })}
        />
      </div>
      {error && <p class="notice notice-bad">{error}</p>}
      {data && rows.length === 0 && (
        <EmptyState title={search === '' ? 'No difference' : 'No such key'}>
          {search === ''
            ? 'These runs have the same configuration.'
            : 'No key that is shown has these letters.'}
        </EmptyState>
      )}
      {rows.length > 0 && <ConfigTable runs={runs} rows={rows} />}
    </>
  )
}

interface ConfigTableProperties {
  readonly runs: readonly string[]
  readonly rows: readonly ConfigRow[]
}

function ConfigTable({ runs, rows }: ConfigTableProperties) {
  return (
    <div class="config-place">
      <table class="config config-compared">
        <thead>
          <tr>
            <th scope="col">key</th>
            {runs.map((run) => (
              <th key={run} scope="col" class="config-run" style={{ '--run': colourOf(run) }}>
                {run}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ key, values, same }) => (
            <tr key={key} class={same ? '' : 'different'}>
              <th scope="row">{key}</th>
              {runs.map((run, index) => (
                <td key={run}>{values[index] ?? <span class="quiet">–</span>}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
