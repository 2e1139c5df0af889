// How much a KL estimate weighs: a constant, or steered towards a wanted divergence.

/** The weight of a KL penalty: fixed, or steered so that the mean KL per token comes near `target`. */
export type KlCoefficient =
  | { readonly kind: 'fixed'; readonly value: number }
  | {
      readonly kind: 'adaptive'
      readonly value: number
      /** The mean KL per token that is wanted. */
      readonly target: number
      /** Trajectories over which a lasting error of 100 % would double the coefficient (clipped). */
      readonly horizon: number
    }

/**
 * The coefficient after a step of `trajectories` trajectories in which the mean KL was `kl`:
 * value (1 + clip(kl / target - 1, -0.2, 0.2) trajectories / horizon); a fixed one stays.
 * Source: Ziegler et al. 2019 (arXiv 1909.08593); verl, `AdaptiveKLController`.
 */
export function nextKlCoefficient(
  coefficient: KlCoefficient,
  kl: number,
  trajectories: number,
): KlCoefficient {
  if (coefficient.kind === 'fixed') return coefficient
  const error = Math.min(0.2, Math.max(-0.2, kl / coefficient.target - 1))
  const value = coefficient.value * (1 + (error * trajectories) / coefficient.horizon)
  return { ...coefficient, value }
}
