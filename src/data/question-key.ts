// When two questions count as the same.

/** The question without what does not matter: case, white space, composed or decomposed accents. */
export function questionKey(question: string): string {
  return question.normalize('NFKC').toLowerCase().replace(/\s+/g, ' ').trim()
}
