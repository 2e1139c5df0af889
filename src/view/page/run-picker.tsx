// Chooses the one run whose trajectories, warnings or load are shown.

import { change } from './route.ts'
import { allRuns, colourOf, currentRun } from './runs.ts'

export function RunPicker() {
  const run = currentRun.value ?? ''
  return (
    <label class="picker" style={{ '--run': colourOf(run) }}>
      <i />
      <select
        class="input"
        aria-label="Run"
        value={run}
        onChange={(event) => change({ run: event.currentTarget.value })}
      >
        {(allRuns.value ?? []).map(({ key }) => (
          <option key={key} value={key}>
            {key}
          </option>
        ))}
      </select>
    </label>
  )
}
