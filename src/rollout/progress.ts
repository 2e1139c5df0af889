// Where a rollout stands, for a progress line.

/** Counts at one moment. */
export interface Progress {
  readonly groupsDone: number
  readonly trajectoriesDone: number
  readonly trajectoriesRunning: number
  /** Of the running ones, those whose tool has not answered yet. */
  readonly waitingForTools: number
  /** Tokens that the policy wrote. */
  readonly policyTokens: number
  /** Over the rollout's whole time. */
  readonly tokensPerSecond: number
}

/** `12 done, 20 running, 5 waiting for tools, 1,840 tokens/s` */
export function progressLine(progress: Progress): string {
  return [
    `${progress.trajectoriesDone} done`,
    `${progress.trajectoriesRunning} running`,
    `${progress.waitingForTools} waiting for tools`,
    `${Math.round(progress.tokensPerSecond).toLocaleString('en')} tokens/s`,
  ].join(', ')
}
