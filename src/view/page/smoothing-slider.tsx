// How strongly curves are smoothed.

import { change, parameter } from './route.ts'

export function SmoothingSlider({ otherwise }: { readonly otherwise: string }) {
  const smoothing = Number(parameter('smooth', otherwise))
  return (
    <label class="slider">
      smoothing
      <input
        type="range"
        min="0"
        max="0.99"
        step="0.01"
        value={smoothing}
        onInput={(event) => change({ smooth: event.currentTarget.value })}
      />
      <output>{smoothing.toFixed(2)}</output>
    </label>
  )
}
