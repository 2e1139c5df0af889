// What differs between the configurations of several runs, key by key.

export interface ConfigDifference {
  /** Keys joined by dots, such as `learner.learningRate`. */
  readonly key: string
  /** One a configuration, in their order; undefined where the key is missing. */
  readonly values: readonly unknown[]
  readonly same: boolean
}

/** All keys of all configurations, in the order in which they first appear. */
export function compareConfigs(configs: readonly unknown[]): ConfigDifference[] {
  const flat = configs.map((config) => new Map(leaves(config, '')))
  const keys = new Set(flat.flatMap((entries) => [...entries.keys()]))
  return [...keys].map((key) => {
    const values = flat.map((entries) => entries.get(key))
    const texts = values.map((value) => JSON.stringify(value))
    return { key, values, same: texts.every((text) => text === texts[0]) }
  })
}

/** Records are opened; arrays and plain values are leaves. */
function leaves(value: unknown, key: string): [string, unknown][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [[key, value]]
  const entries = Object.entries(value)
  if (entries.length === 0) return [[key, value]]
  return entries.flatMap(([name, inner]) => leaves(inner, key === '' ? name : `${key}.${name}`))
}
