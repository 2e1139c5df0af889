// All runs, to choose which are shown.

import { useState } from 'preact/hooks'
import { formatNumber } from './format.ts'
import icon from './icon.svg'
import { linkTo } from './route.ts'
import { allRuns, chosenRuns, colourOf, type KeyedRun, toggleRun } from './runs.ts'

export function RunSidebar() {
  const [search, setSearch] = useState('')
  const runs = (allRuns.value ?? []).filter(({ key, tags }) =>
    [key, ...tags].some((text) => text.toLowerCase().includes(search.toLowerCase())),
  )
  return (
    <aside class="sidebar" aria-label="Runs">
      <a class="brand" href={linkTo('overview')}>
        <img src={icon} alt="" width="22" height="22" /> retool-rl
      </a>
      <input
        class="input"
        type="search"
        placeholder="Runs and tags"
        aria-label="Search runs and tags"
        value={search}
        onInput={(event) => setSearch(event.currentTarget.value)}
      />
      <ul class="run-list">
        {runs.map((run) => (
          <RunEntry key={run.key} run={run} />
        ))}
      </ul>
      <p class="quiet sidebar-foot">
        <kbd>?</kbd> for keys
      </p>
    </aside>
  )
}

function RunEntry({ run }: { readonly run: KeyedRun }) {
  const colour = colourOf(run.key)
  return (
    <li>
      <label class="run-entry">
        <input
          type="checkbox"
          checked={chosenRuns.value.includes(run.key)}
          onChange={() => toggleRun(run.key)}
          style={{ accentColor: colour }}
        />
        <span class="run-entry-name" style={{ '--run': colour }} title={run.path}>
          {run.key}
        </span>
        <span class="run-entry-reward">{formatNumber(run.lastReward, 3)}</span>
        <i
          class={`dot dot-${run.state?.status ?? 'damaged'}`}
          title={run.state?.status ?? 'damaged'}
        />
      </label>
    </li>
  )
}
