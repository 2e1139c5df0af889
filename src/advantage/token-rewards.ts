// The reward laid onto tokens.

/**
 * One per token: the whole reward on the last token that the policy wrote, zero elsewhere, less
 * `klPenalty` [T] (coefficient times estimate) on the policy's tokens. All zero where the policy wrote nothing.
 *
 *   tokenRewards(1, [1, 1, 0, 1, 0]) -> [0, 0, 0, 1, 0]
 */
export function tokenRewards(
  reward: number,
  mask: ArrayLike<number>,
  klPenalty?: ArrayLike<number>,
): number[] {
  const result = Array.from(mask, (masked, token) => (masked ? -(klPenalty?.[token] ?? 0) : 0))
  for (let token = mask.length - 1; token >= 0; token--) {
    if (!mask[token]) continue
    result[token] = (result[token] ?? 0) + reward
    break
  }
  return result.map((value) => value + 0)
}
