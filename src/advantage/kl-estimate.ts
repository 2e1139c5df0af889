// KL of the policy from the reference, estimated token by token from the chosen tokens alone.

/** k1: unbiased, may be negative; k2: biased, right gradient; k3: unbiased, never negative. */
export type KlEstimator = 'k1' | 'k2' | 'k3'

/**
 * With d = reference - new: k1 = -d, k2 = d^2 / 2, k3 = exp(d) - 1 - d with d clamped to +-20 and
 * the result to +-10. [T]; zero where the mask is zero, so that a tool's tokens are never counted.
 * Source: Schulman 2020, "Approximating KL Divergence"; verl, `kl_penalty_forward`.
 */
export function klEstimate(
  estimator: KlEstimator,
  logprobs: ArrayLike<number>,
  referenceLogprobs: ArrayLike<number>,
  mask: ArrayLike<number>,
): number[] {
  return Array.from(mask, (masked, token) => {
    if (!masked) return 0
    const d = (referenceLogprobs[token] ?? Number.NaN) - (logprobs[token] ?? Number.NaN)
    switch (estimator) {
      case 'k1':
        return -d
      case 'k2':
        return (d * d) / 2
      case 'k3': {
        const clamped = Math.min(20, Math.max(-20, d))
        return Math.min(10, Math.max(-10, Math.exp(clamped) - 1 - clamped))
      }
      default:
        return estimator satisfies never
    }
  })
}
