// A worked solution as a calculation: named steps, each an expression over numbers and the results
// of earlier steps.

/** One step, in the order of the solution. */
export interface CalculationStep {
  /** Python, with numbers only. */
  readonly expression: string
  /** What the solution says it gives; null where it does not. */
  readonly result: number | null
  /** A Python name for the result, from the words around it; '' where there are none. */
  readonly name: string
  /** The solution's sentence without the calculation's result; '' where there is none. */
  readonly sentence: string
}

export interface Calculation {
  readonly steps: readonly CalculationStep[]
  /** The solution's last sentence with `{result}` where the answer stands; '' where it has none. */
  readonly ending: string
}

/** A calculation, or the reason why the problem has none that the rule can read. */
export type ReadCalculation =
  | { readonly kind: 'calculation'; readonly calculation: Calculation }
  | { readonly kind: 'unreadable'; readonly reason: string }

/** Tokens of an arithmetic expression, or null where it has anything else. */
export function expressionTokens(expression: string): readonly string[] | null {
  const compact = expression.replace(/[\s$]|,(?=\d{3})/g, '')
  const tokens = compact.match(/\d+(?:\.\d*)?|\.\d+|\/\/|\*\*|[-+*/%()]/g) ?? []
  if (tokens.length === 0 || tokens.join('') !== compact) return null
  return tokens.map((token) => (/^[\d.]/.test(token) ? plainLiteral(token) : token))
}

/** `007` is no Python number, and `290.0` is 290. */
function plainLiteral(token: string): string {
  const [whole = '', decimals = ''] = token.split('.')
  const kept = decimals.replace(/0+$/, '')
  const digits = whole.replace(/^0+(?=\d)/, '') || '0'
  return kept === '' ? digits : `${digits}.${kept}`
}

/** Tokens with single spaces around operators, none inside brackets or after a sign. */
export function spelled(tokens: readonly string[]): string {
  return tokens
    .map((token, index) => {
      const before = tokens[index - 1]
      const isSign = /^[-+]$/.test(token) && (before === undefined || /^[-+*/(]/.test(before))
      return /^[-+*/%]/.test(token) && !isSign ? ` ${token} ` : token
    })
    .join('')
}
