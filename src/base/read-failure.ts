// Why a file could not be read, in words.

const words: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EISDIR: 'expected a file, found a folder',
  ENOTDIR: 'no such file',
  EACCES: 'may not be read: permission denied',
}

/** What comes after the file's name. */
export function readFailure(error: unknown): string {
  if (!(error instanceof Error)) return `cannot be read: ${String(error)}`
  const code = 'code' in error ? String(error.code) : ''
  return words[code] ?? `cannot be read: ${error.message}`
}
