// The way back to the list of trajectories, by its button or the key u.

import { linkTo } from './route.ts'
import { useKeys } from './use-keys.ts'

export function BackToTrajectories({ run }: { readonly run: string }) {
  const list = linkTo('trajectories', { run })
  useKeys({
    u: () => {
      location.hash = list
    },
  })
  return (
    <a class="button" href={list} title="u">
      ← all
    </a>
  )
}
