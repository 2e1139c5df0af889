// One line of the doctor's report.

export interface Finding {
  readonly name: string
  /** missing: something needed is not there; warning: works, but something is worth knowing. */
  readonly state: 'ok' | 'warning' | 'missing'
  /** What was found, in words. */
  readonly found: string
  /** What to do about it. */
  readonly advice?: string
  /** The same as data, for --json. */
  readonly details?: Readonly<Record<string, unknown>>
}

/** All findings and whether everything needed is there. */
export interface Diagnosis {
  readonly ready: boolean
  readonly findings: readonly Finding[]
}
