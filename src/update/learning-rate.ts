// The learning rate of each optimizer step.

/** The learning rate over the optimizer steps of a run: a rise to a peak, and what follows. */
export interface LearningRateSchedule {
  /** The highest learning rate. */
  readonly peak: number
  /** Optimizer steps over which the rate rises linearly to the peak; 0 starts at the peak. */
  readonly warmUpSteps: number
  /** What follows: the peak for good, a straight line, or half a cosine, down to `end` x peak. */
  readonly decay:
    | { readonly kind: 'constant' }
    | { readonly kind: 'linear' | 'cosine'; readonly totalSteps: number; readonly end: number }
}

/**
 * The rate of optimizer step `step`, counted from 0. During warm-up peak (step + 1) / warmUpSteps;
 * after `totalSteps` it stays at its end.
 *
 *   peak 1, warmUpSteps 2, linear to 0 in 6 steps: .5, 1, 1, .75, .5, .25, 0, 0
 */
export function learningRate(
  { peak, warmUpSteps, decay }: LearningRateSchedule,
  step: number,
): number {
  if (step < warmUpSteps) return (peak * (step + 1)) / warmUpSteps
  if (decay.kind === 'constant') return peak
  const length = Math.max(1, decay.totalSteps - warmUpSteps)
  const progress = Math.min(1, (step - warmUpSteps) / length)
  const left = decay.kind === 'linear' ? 1 - progress : (1 + Math.cos(Math.PI * progress)) / 2
  return peak * (decay.end + (1 - decay.end) * left)
}
