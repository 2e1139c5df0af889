// Numbers that a text states although nobody gave or printed them: worked out by hand.

const units =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(
    ' ',
  )
const tens = ['twenty', 'thirty', 'forty', 'fifty', 'sixty', 'seventy', 'eighty', 'ninety']

const numberWords = new Map<string, number>([
  ...units.map((word, value): [string, number] => [word, value]),
  ...tens.map((word, index): [string, number] => [word, 10 * (index + 2)]),
  ['dozen', 12],
  ['half', 0.5],
  ['quarter', 0.25],
  ['third', 3],
  ['twice', 2],
  ['double', 2],
  ['triple', 3],
])

const scales = new Map([
  ['hundred', 100],
  ['thousand', 1000],
  ['million', 1_000_000],
])

/** Known to everybody: months, days, minutes, weeks of a year, percent, feet and inches. */
const everyday = new Set([
  12, 24, 30, 31, 36, 52, 60, 100, 365, 1000, 3600, 16, 28, 29, 1440, 5280, 0.5, 0.25, 0.75, 0.1,
  0.01, 0.05, 3.14,
])

/** Numbers in digits, with group commas and percent signs taken off. */
export function numbersIn(text: string): readonly number[] {
  return (text.match(/\d[\d,]*(?:\.\d+)?|\.\d+/g) ?? []).map((found) =>
    Number(found.replaceAll(',', '')),
  )
}

/**
 * Numbers of `text` above ten that are in none of the `known` texts, in digits, in words or as a
 * percentage, and that are not everyday constants.
 */
export function handComputed(text: string, known: readonly string[]): readonly number[] {
  const given = new Set(
    known.flatMap((source) => [
      ...numbersIn(source),
      ...wordNumbersIn(source),
      ...measuresIn(source),
    ]),
  )
  return numbersIn(text).filter((value) => {
    if (value <= 10 && Number.isInteger(value)) return false
    if (everyday.has(value) || given.has(value)) return false
    return ![value * 100, 100 - value, 100 + value, 100 - value * 100, value * 100 - 100].some(
      (percent) => given.has(Number(percent.toFixed(6))),
    )
  })
}

/** What measures amount to: two weeks are 14 days, 3 million are 3,000,000, a quarter is 25 cents. */
function measuresIn(text: string): readonly number[] {
  const words = text.toLowerCase()
  const values = [...words.matchAll(/([\d.,]+|[a-z]+) (weeks|hundred|thousand|million)\b/g)].map(
    ([, count = '', measure = '']) => {
      const value = numberWords.get(count) ?? Number(count.replaceAll(',', ''))
      return value * (scales.get(measure) ?? 7)
    },
  )
  return /\bquarters?\b/.test(words) ? [...values, 25] : values
}

/** Numbers in words: "four hundred and fourteen" gives 4, 400, 14 and 414. */
function wordNumbersIn(text: string): readonly number[] {
  const values: number[] = []
  let whole = 0
  for (const word of text.toLowerCase().split(/[^a-z]+/)) {
    const value = numberWords.get(word)
    const scale = scales.get(word)
    if (value !== undefined) {
      const continues = whole >= 20 && whole % (value < 10 ? 10 : 100) === 0
      whole = continues ? whole + value : value
      values.push(value, whole)
    } else if (scale !== undefined && whole > 0) {
      whole *= scale
      values.push(whole)
    } else if (word !== 'and') {
      whole = 0
    }
  }
  return values
}
