// What a snippet is for, by its syntax: which modules, loops, comparisons and calls it has.

/** From the most to the least telling; a snippet has the first that fits. */
export const codePurposes = [
  'simulation',
  'symbolic',
  'verification',
  'enumeration',
  'search',
  'numeric',
  'text',
  'calculation',
  'none',
] as const

/**
 * - `simulation`: draws random numbers
 * - `symbolic`: sympy, or fractions kept exact with symbols
 * - `verification`: asserts, or prints whether something holds
 * - `enumeration`: goes through cases (itertools, a loop over ranges with a condition)
 * - `search`: loops until something is found, bisection, dynamic programming, recursion
 * - `numeric`: arrays, linear algebra, numerical methods
 * - `text`: works on strings
 * - `calculation`: arithmetic
 * - `none`: neither calls nor calculates (a bare definition, an empty snippet)
 */
export type CodePurpose = (typeof codePurposes)[number]

type Sign = (code: string, source: string) => boolean

const imports = (modules: string): Sign => {
  const pattern = new RegExp(`^\\s*(?:import|from)\\s+(?:${modules})\\b`, 'm')
  return (code) => pattern.test(code)
}

const matches =
  (pattern: RegExp): Sign =>
  (code) =>
    pattern.test(code)

const loop = /^\s*for\b.*\bin\b|\bfor\b.+\bin\b.+[\])}]/m
const condition = /\bif\b/
const comparison = /[^=!<>]==[^=]|!=|<=|>=|\bisclose\b|\ball\(|\bany\(/

const signs: Readonly<Record<Exclude<CodePurpose, 'none'>, readonly Sign[]>> = {
  simulation: [imports('random|secrets'), matches(/\brandom\.(?!seed)\w+\(/)],
  symbolic: [imports('sympy')],
  verification: [
    matches(/^\s*assert\b/m),
    (code) =>
      printedExpressions(code).some(
        (printed) => comparison.test(printed) && !condition.test(printed),
      ),
    matches(/\b(?:verify|verified|check|checks|is_valid|valid)\w*\s*(?:\(|=)/i),
  ],
  enumeration: [
    imports('itertools'),
    matches(/\b(?:permutations|combinations|product)\(/),
    (code) => loop.test(code) && condition.test(code),
    (code) => (code.match(/^\s*for\b/gm) ?? []).length > 1,
  ],
  search: [
    matches(/^\s*while\b/m),
    imports('heapq|bisect|collections|functools'),
    (code) => recursive(code),
  ],
  numeric: [imports('numpy|scipy|mpmath'), matches(/\bnp\.\w+/)],
  text: [
    (_, source) =>
      /["'][^"']*["']\s*\[::-1\]|\.(?:split|join|replace|count|lower|upper|strip)\(/.test(source),
  ],
  calculation: [matches(/[-+*/%]|\b(?:sum|max|min|abs|round|pow|math\.\w+)\(/), matches(loop)],
}

/** The purpose of a Python snippet. Comments and strings do not count as code. */
export function codePurpose(source: string): CodePurpose {
  const code = withoutTexts(source)
  const found = codePurposes.find(
    (purpose) => purpose !== 'none' && signs[purpose].some((sign) => sign(code, source)),
  )
  return found ?? 'none'
}

/** Arguments of `print(...)`, up to the end of the line. */
function printedExpressions(code: string): readonly string[] {
  return [...code.matchAll(/\bprint\((.*)\)/g)].map((match) => match[1] ?? '')
}

/** Whether a function calls itself. */
function recursive(code: string): boolean {
  return [...code.matchAll(/^\s*def\s+(\w+)/gm)].some(([, name = '']) => {
    return (code.match(new RegExp(`\\b${name}\\(`, 'g')) ?? []).length > 2
  })
}

/** The code with strings emptied and comments taken out; in time linear in its length. */
function withoutTexts(source: string): string {
  return source.replace(
    /"""[\s\S]*?"""|'''[\s\S]*?'''|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|#[^\n]*/g,
    (text) => (text.startsWith('#') ? '' : text.slice(0, 1).repeat(2)),
  )
}
