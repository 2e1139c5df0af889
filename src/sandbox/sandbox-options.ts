// What a sandbox can be opened with.

import type { SessionLimits } from './conversation.ts'
import type { Limits, Tier } from './sandbox.ts'

/** What a sandbox can be opened with; every key may be left out. */
export interface SandboxOptions {
  /** Addresses of sandbox servers to use instead of this machine. */
  readonly servers?: readonly string[]
  /** Token of the servers. */
  readonly token?: string
  /** Exactly this tier, or an error; by default the strongest that the machine offers. */
  readonly tier?: Tier
  /** Interpreter that runs the programs. */
  readonly python?: string
  /** Modules imported before the first program; by default numpy, scipy and sympy where they are. */
  readonly preload?: readonly string[]
  /** Worker processes; by default one per core. */
  readonly workers?: number
  /** Programs that run at a time in each worker; by default 3. */
  readonly slots?: number
  /** Programs that run in each worker beside its slots because they take long; others take turns. */
  readonly lingering?: number
  /** Programs that may wait. */
  readonly queueLength?: number
  /** Programs after which a worker is replaced. */
  readonly recycleAfter?: number
  readonly limits?: Partial<Limits>
  readonly session?: Partial<SessionLimits>
  /** Told why a worker ended that should not have; it is replaced whatever this does. */
  readonly onWorkerLost?: (why: string) => void
  /** Folders besides the interpreter's own that programs may read. */
  readonly readable?: readonly string[]
  /** Room in a program's /tmp. */
  readonly scratchMb?: number
  /** Length to which the model's text is cut; the beginning and the end are kept. */
  readonly outputCharacters?: number
}
