// Programs that took a worker down twice: remembered by hash, so that they do not walk through a fleet.

import { createHash } from 'node:crypto'

const remembered = 1_000

export class Quarantine {
  private readonly hashes = new Set<string>()

  add(code: Buffer): void {
    this.hashes.add(hash(code))
    const oldest = this.hashes.values().next().value
    if (this.hashes.size > remembered && oldest !== undefined) this.hashes.delete(oldest)
  }

  has(code: Buffer): boolean {
    return this.hashes.size > 0 && this.hashes.has(hash(code))
  }
}

function hash(code: Buffer): string {
  return createHash('sha256').update(code).digest('base64')
}
