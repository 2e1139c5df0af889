// Python names out of running text.

const skipped = new Set(
  'a an the of in on at for to and or per by with from is are was were be that this it he she they his her their each more total so then will has have had as if than'.split(
    ' ',
  ),
)
const reserved = new Set(
  'and as assert async await break class continue def del elif else except finally for from global if import in is lambda nonlocal not or pass raise return try while with yield none true false print int float str list set dict sum min max abs round len range map filter type id input open all any sorted math'.split(
    ' ',
  ),
)

const mostWords = 3

/**
 * A name from the first telling words of a text up to its first stop: `clips altogether in April.`
 * gives `clips_altogether_april`; '' where there are none.
 */
export function pythonName(text: string): string {
  const phrase = /^[^.,;:!?=(<\n]*/.exec(text)?.[0] ?? ''
  const words = phrase
    .toLowerCase()
    .replace(/['’]s?\b/g, '')
    .split(/[^a-z]+/)
    .filter((word) => word.length > 1 && !skipped.has(word))
    .slice(0, mostWords)
  const name = words.join('_')
  return reserved.has(name) ? `${name}_value` : name
}

/** The names with empty and repeated ones told apart: `step_2`, `clips_2`. */
export function distinctNames(names: readonly string[]): readonly string[] {
  const seen = new Map<string, number>()
  return names.map((name, index) => {
    const base = name === '' ? `step_${index + 1}` : name
    const count = (seen.get(base) ?? 0) + 1
    seen.set(base, count)
    return count === 1 ? base : `${base}_${count}`
  })
}
