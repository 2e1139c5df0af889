// How text is cut before the merges, by the names that GGUF files use (`tokenizer.ggml.pre`). Each
// row is what the model's own tokenizer.json says; the patterns are facts of the models.

/** The parts of tokenizer.json that a GGUF file only names. */
export interface PreTokenizer {
  readonly normalizer: unknown
  readonly pre_tokenizer: unknown
  /** Whole pieces that are in the vocabulary are taken before any merge. */
  readonly ignoreMerges: boolean
  /** Whether a text begins with bos where the file does not say. */
  readonly addBos: boolean
}

/** GPT-2's own rule is built into the library's ByteLevel. */
const gpt2Rule = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true }

/** Contractions, words with a leading sign, digits, signs, line ends, spaces. */
function wordsWithDigits(digits: string): unknown {
  const pattern =
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|" +
    `${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`
  return sequence([
    { type: 'Split', pattern: { Regex: pattern }, behavior: 'Isolated', invert: false },
    { type: 'ByteLevel', add_prefix_space: false, trim_offsets: false, use_regex: false },
  ])
}

function sequence(pretokenizers: readonly unknown[]): unknown {
  return { type: 'Sequence', pretokenizers }
}

const plain = { normalizer: null, ignoreMerges: false, addBos: false }

const gpt2: PreTokenizer = { ...plain, pre_tokenizer: gpt2Rule }
const smollm: PreTokenizer = {
  ...plain,
  pre_tokenizer: sequence([{ type: 'Digits', individual_digits: true }, gpt2Rule]),
}
const qwen2: PreTokenizer = {
  ...plain,
  normalizer: { type: 'NFC' },
  pre_tokenizer: wordsWithDigits('\\p{N}'),
}
const llama3: PreTokenizer = {
  normalizer: null,
  pre_tokenizer: wordsWithDigits('\\p{N}{1,3}'),
  ignoreMerges: true,
  addBos: true,
}

export const preTokenizers: ReadonlyMap<string, PreTokenizer> = new Map([
  ['gpt-2', gpt2],
  ['smollm', smollm],
  ['qwen2', qwen2],
  ['deepseek-r1-qwen', qwen2],
  ['llama-bpe', llama3],
  ['llama3', llama3],
  ['llama-v3', llama3],
])

/** The name under which GGUF knows how a tokenizer cuts text, or undefined. */
export function preTokenizerName(definition: {
  readonly normalizer: unknown
  readonly pre_tokenizer: unknown
}): string | undefined {
  const wanted = cuttingOf(definition)
  for (const [name, row] of preTokenizers) if (cuttingOf(row) === wanted) return name
  return undefined
}

/** What of it decides the ids, as text: `trim_offsets` only moves offsets, which we never read. */
function cuttingOf(part: {
  readonly normalizer: unknown
  readonly pre_tokenizer: unknown
}): string {
  return JSON.stringify([part.normalizer, part.pre_tokenizer], (key, value: unknown) =>
    key === 'trim_offsets' ? undefined : value,
  )
}
