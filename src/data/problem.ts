// A question with the reference answer against which it is judged.

/** How a problem's answers are judged. */
export type Verifier =
  /** Mathematical equivalence with `answer`. */
  | { readonly kind: 'equivalence' }
  /** The verifier of a reasoning-gym family; the problem is its family, seed, index and settings. */
  | {
      readonly kind: 'reasoning-gym'
      readonly family: string
      readonly seed: number
      readonly index: number
      readonly settings: Readonly<Record<string, unknown>>
    }

/** A question with the answer against which attempts are judged. `id` is unique within a run. */
export interface Problem {
  readonly id: string
  readonly question: string
  readonly answer: string
  /** The data set or the generator that it came from, such as `gsm8k` or a family's name. */
  readonly source: string
  readonly verifier: Verifier
  /** A worked solution where the source has one; cold-start writers read it. */
  readonly solution?: string
  /** What else the source said; plain JSON, never shown to the policy. */
  readonly metadata?: Readonly<Record<string, unknown>>
}
