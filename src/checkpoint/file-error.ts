// What the operating system says about a file, in words that name the file and the way out.

import { UserError } from '../base/errors.ts'

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EISDIR: 'it is a folder',
  EEXIST: 'a file is where a folder of that path would be',
  ENOTDIR: 'a part of its path is not a folder',
  ENOSPC: 'the disk is full; free some space and try again',
  EDQUOT: 'the disk quota is used up; free some space and try again',
  EROFS: 'the file system is read-only',
  EMFILE: 'too many files are open',
  ENAMETOOLONG: 'its name is too long',
  ELOOP: 'its links form a circle',
}

/** A UserError for an error of node:fs; anything else comes back as it is. */
export function fileError(action: 'read' | 'write', path: string, error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') {
    return error
  }
  const why = reasons[error.code] ?? error.message
  return new UserError(`cannot ${action} ${path}: ${why}`, action === 'read' ? 2 : 1)
}
