// Lays the layers of a configuration over each other and remembers which one each value came from.

import { formatPath, isPlainRecord, type Layer, type Path, type PlainRecord } from './layer.ts'

export interface Merged {
  readonly value: PlainRecord
  /** The layer that gave the value at a path, or the record around it; undefined where none did. */
  layerOf(path: Path): Layer | undefined
}

/**
 * Records are merged key by key, everything else is replaced. A record whose `kind` changes is
 * replaced too: the keys of the old kind mean nothing to the new one.
 */
export function mergeLayers(layers: readonly Layer[]): Merged {
  const owners = new Map<string, Layer>()
  let value: PlainRecord = {}
  for (const layer of layers) value = merge({ below: value, above: layer.value, path: [] }, layer)
  return { value, layerOf }

  function merge(
    { below, above, path }: { below: PlainRecord; above: PlainRecord; path: Path },
    layer: Layer,
  ): PlainRecord {
    const result: Record<string, unknown> = { ...below }
    for (const [key, given] of Object.entries(above)) {
      const inner = [...path, key]
      const before = below[key]
      if (isPlainRecord(given)) {
        const kept = isPlainRecord(before) && !changesKind(before, given) ? before : {}
        if (kept !== before) forget(inner)
        owners.set(formatPath(inner), layer)
        result[key] = merge({ below: kept, above: given, path: inner }, layer)
      } else {
        forget(inner)
        owners.set(formatPath(inner), layer)
        result[key] = given
      }
    }
    return result
  }

  function forget(path: Path): void {
    const start = `${formatPath(path)}.`
    for (const key of owners.keys()) if (key.startsWith(start)) owners.delete(key)
  }

  function layerOf(path: Path): Layer | undefined {
    for (let length = path.length; length > 0; length--) {
      const owner = owners.get(formatPath(path.slice(0, length)))
      if (owner) return owner
    }
    return undefined
  }
}

function changesKind(before: PlainRecord, given: PlainRecord): boolean {
  return given['kind'] !== undefined && before['kind'] !== given['kind']
}
