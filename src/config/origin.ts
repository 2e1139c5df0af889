// Where a value of a configuration came from.

export type Origin =
  | { readonly kind: 'default' }
  /** A recipe written as a TypeScript function. */
  | { readonly kind: 'recipe'; readonly file: string }
  /** Line and column from 1. */
  | {
      readonly kind: 'file'
      readonly file: string
      readonly line: number
      readonly column: number
    }
  /** The command line, with the option as it was given. */
  | { readonly kind: 'option'; readonly text: string }

/** `tiny.yaml:3:5`, `recipes/tiny.ts`, `--set seed=7` or `default`. */
export function formatOrigin(origin: Origin): string {
  switch (origin.kind) {
    case 'default':
      return 'default'
    case 'recipe':
      return origin.file
    case 'file':
      return `${origin.file}:${origin.line}:${origin.column}`
    case 'option':
      return origin.text
  }
  origin satisfies never
}
