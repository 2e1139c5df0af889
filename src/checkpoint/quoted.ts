// Names out of files, made safe for one line of a terminal.

const longest = 100

/** A name in quotes, with control characters escaped, cut where it is absurdly long. */
export function quoted(name: string): string {
  const cut = name.length > longest ? `${name.slice(0, longest)}...` : name
  return JSON.stringify(cut).replace(
    /[\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
