// What stands where there is nothing to show, and why.

import type { ComponentChildren } from 'preact'

interface EmptyStateProperties {
  readonly title: string
  readonly children?: ComponentChildren
}

export function EmptyState({ title, children }: EmptyStateProperties) {
  return (
    <section class="empty">
      <h1>{title}</h1>
      <p class="quiet">{children}</p>
    </section>
  )
}
