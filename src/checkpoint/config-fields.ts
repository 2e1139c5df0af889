// Reading fields of a parsed configuration with errors that name the file and the key.

import { UserError } from '../base/errors.ts'
import type { JsonObject } from './json-object.ts'
import { quoted } from './quoted.ts'

/** Sizes beyond this are damage, not a model. */
const largestSize = 2 ** 31

/** One object of a configuration file. `place` names it in errors: `…/config.json` and so on. */
export class ConfigFields {
  constructor(
    readonly fields: JsonObject,
    readonly place: string,
  ) {}

  has(key: string): boolean {
    return this.#get(key) !== undefined
  }

  fail(key: string, expected: string): never {
    const found = this.has(key)
      ? `found ${quoted(JSON.stringify(this.#get(key)))}`
      : 'it is missing'
    throw new UserError(`${this.place}: ${quoted(key)} must be ${expected}; ${found}`)
  }

  /** A whole number from 1, or `fallback` (itself checked elsewhere) where the key is absent. */
  size(key: string, fallback?: number): number {
    const value = this.#get(key) ?? fallback
    if (typeof value === 'number' && Number.isInteger(value) && value > 0 && value < largestSize) {
      return value
    }
    return this.fail(key, 'a whole number above 0')
  }

  /** A finite number above 0. */
  positive(key: string, fallback?: number): number {
    const value = this.#get(key) ?? fallback
    if (typeof value === 'number' && Number.isFinite(value) && value > 0) return value
    return this.fail(key, 'a number above 0')
  }

  flag(key: string, fallback: boolean): boolean {
    const value = this.#get(key) ?? fallback
    return typeof value === 'boolean' ? value : this.fail(key, 'true or false')
  }

  text(key: string, fallback: string): string {
    const value = this.#get(key) ?? fallback
    return typeof value === 'string' ? value : this.fail(key, 'a string')
  }

  /** Token ids: one number, a list, or nothing. */
  tokens(key: string): readonly number[] {
    const value = this.#get(key) ?? []
    const list: readonly unknown[] = Array.isArray(value) ? value : [value]
    return list.map((token) =>
      typeof token === 'number' && Number.isSafeInteger(token) && token >= 0
        ? token
        : this.fail(key, 'a token id or a list of them'),
    )
  }

  /** The value, with null counted as absent, as transformers does. */
  #get(key: string): unknown {
    return Object.hasOwn(this.fields, key) ? (this.fields[key] ?? undefined) : undefined
  }
}
