// Decides most answers without a process: integers, decimals, fractions and percentages, exactly.

/** Longer texts are left to the grader. */
const lengthLimit = 80

/** Beyond this many significant digits the grader's floats would round a decimal. */
const decimalDigits = 15

/** The grader rounds decimals to six places: values nearer than this are left to it. */
const closeness = { numerator: 3n, denominator: 1_000_000n }

interface PlainNumber {
  /** Value as written: 50 for 50 %. */
  readonly numerator: bigint
  /** Positive. */
  readonly denominator: bigint
  readonly percent: boolean
  /** Written with decimals. */
  readonly decimal: boolean
}

/**
 * Whether two plain numbers are equal; null where that is left to the grader, because one of them is
 * not a plain number or because rounding could decide. `50%` equals `0.5` and `1/2`. Never disagrees
 * with math-verify.
 *
 *   exactlyEqual('1,234.50', '2469/2') -> true      exactlyEqual('x + 1', '7') -> null
 */
export function exactlyEqual(reference: string, answer: string): boolean | null {
  const a = plainNumber(reference)
  const b = plainNumber(answer)
  if (!a || !b) return null
  const [x, y] = [inUnits(a), inUnits(b)]
  // The grader's floats find `88000.00%` unequal to 880 but equal to 880.0: left to it.
  const floatPercent = [a, b].some(({ percent, decimal }) => percent && decimal)
  if (equal(x, y)) return floatPercent && a.percent !== b.percent ? null : true
  if (near(x, y)) return null
  // 50 % and 50 are equal for some graders and some spellings: not ours to decide.
  return a.percent !== b.percent && near(a, b) ? null : false
}

/** Digits, perhaps in groups of three. */
const digits = String.raw`\d{1,3}(?:(?:,|\{,\})\d{3})+|\d+`
const shape = new RegExp(
  String.raw`^(?<sign>[+\-\u2212]?)\s?(?:\\?\$)?(?:(?<whole>${digits})(?:\.(?<decimals>\d+))?(?<percent>\s?\\?%)?|(?<top>\d+)\s?/\s?(?<bottom>\d+)|\\[dt]?frac\{(?<latexTop>\d+)\}\{(?<latexBottom>\d+)\})$`,
)

function plainNumber(text: string): PlainNumber | null {
  const trimmed = text.trim()
  if (trimmed.length > lengthLimit) return null
  const groups = shape.exec(trimmed)?.groups
  if (!groups) return null
  const sign = groups['sign'] === '-' || groups['sign'] === '\u2212' ? -1n : 1n
  const top = groups['top'] ?? groups['latexTop']
  const bottom = groups['bottom'] ?? groups['latexBottom']
  if (top !== undefined && bottom !== undefined) {
    const denominator = BigInt(bottom)
    return denominator === 0n
      ? null
      : { numerator: sign * BigInt(top), denominator, percent: false, decimal: false }
  }
  const whole = (groups['whole'] ?? '').replaceAll(/[^\d]/g, '')
  const decimals = groups['decimals'] ?? ''
  if (decimals !== '' && whole.length + decimals.length > decimalDigits) return null
  const denominator = 10n ** BigInt(decimals.length)
  const percent = groups['percent'] !== undefined
  const numerator = sign * BigInt(whole + decimals)
  return { numerator, denominator, percent, decimal: decimals !== '' }
}

function inUnits(value: PlainNumber): PlainNumber {
  return value.percent ? { ...value, denominator: value.denominator * 100n, percent: false } : value
}

function equal(a: PlainNumber, b: PlainNumber): boolean {
  return a.numerator * b.denominator === b.numerator * a.denominator
}

function near(a: PlainNumber, b: PlainNumber): boolean {
  const difference = a.numerator * b.denominator - b.numerator * a.denominator
  const size = difference < 0n ? -difference : difference
  return size * closeness.denominator <= closeness.numerator * a.denominator * b.denominator
}
