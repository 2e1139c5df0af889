import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { scratchFolder } from '../../test/scratch-folder.ts'
import { UserError } from '../base/errors.ts'
import { RandomStream } from '../base/random.ts'
import type { ModelConfig } from '../model/config.ts'
import { expectedWeights } from '../model/weights.ts'
import { liveTensors } from '../tensor/memory.ts'
import { scope } from '../tensor/scope.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { read, readFloats, tensorFrom } from '../tensor/transfer.ts'
import { ggufConfig } from './gguf-config.ts'
import { readGgufHeader } from './gguf-header.ts'
import { readHuggingFaceConfig } from './hugging-face-config.ts'
import { loadGguf, loadSafetensors, readRopeFactors } from './load-weights.ts'
import { locateSafetensors } from './safetensors-index.ts'
import { saveGguf } from './save-gguf.ts'
import { saveHuggingFace } from './save-hugging-face.ts'

const models = join(import.meta.dirname, '../../test/fixtures/models')
const names = readdirSync(models)
const onCpu = { dtype: 'float32', device: 'cpu' } as const
let folder = ''
let before = 0
beforeAll(() => {
  folder = scratchFolder()
  before = liveTensors().count
})
afterAll(() => {
  expect(liveTensors().count).toBe(before)
})

type Loaded = { config: ModelConfig; weights: Map<string, Tensor> }

function loadFolder(path: string): Loaded {
  const config = readHuggingFaceConfig(join(path, 'config.json'))
  return { config, weights: loadSafetensors(locateSafetensors(path), config, onCpu, path) }
}

function isExpressible({ rope }: ModelConfig): boolean {
  return rope.scaling.kind !== 'yarn' || rope.scaling.truncate
}

function loadFile(path: string): Loaded {
  const header = readGgufHeader(path)
  const config = ggufConfig(header, readRopeFactors(header))
  return { config, weights: loadGguf(header, config, onCpu) }
}

function numbers(weights: ReadonlyMap<string, Tensor>): Map<string, NodeJS.TypedArray> {
  return new Map([...weights].sort().map(([name, tensor]) => [name, read(tensor)]))
}

describe.each(names)('%s', (name) => {
  test('saved as a Hugging Face folder in shards, it comes back the same', () => {
    scope(() => {
      const original = loadFolder(join(models, name))
      const target = join(folder, `${name}-hf`)
      const files = new Map([['tokenizer.json', '{}']])
      saveHuggingFace(target, { ...original, files }, 'float32', 20_000)
      expect(readdirSync(target)).toContain('model.safetensors.index.json')
      expect(readFileSync(join(target, 'tokenizer.json'), 'utf8')).toBe('{}')
      const again = loadFolder(target)
      expect(again.config).toEqual({ ...original.config, dtype: 'float32' })
      expect(numbers(again.weights)).toEqual(numbers(original.weights))
    })
  })

  test('saved as GGUF in F32, it comes back the same', () => {
    scope(() => {
      const original = loadFolder(join(models, name))
      const target = join(folder, `${name}.gguf`)
      const save = () => saveGguf(target, { name, ...original, tokenizer: new Map() }, 'F32')
      if (!isExpressible(original.config)) {
        expect(save).toThrow('GGUF cannot express YaRN with "truncate": false')
        return
      }
      save()
      const again = loadFile(target)
      const { rope, ...config } = again.config
      const { rope: originalRope, ...originalConfig } = original.config
      expect(config).toEqual({ ...originalConfig, dtype: 'float32' })
      expect(rope.theta).toBe(originalRope.theta)
      expect(rope.scaling.kind).toBe(originalRope.scaling.kind)
      expect(numbers(again.weights)).toEqual(numbers(original.weights))
    })
  })
})

test('settings of llama3 and yarn scaling survive GGUF', () => {
  for (const name of ['llama-llama3', 'qwen2-yarn', 'qwen3-yarn', 'llama-linear']) {
    const { scaling } = readHuggingFaceConfig(join(models, name, 'config.json')).rope
    const header = readGgufHeader(join(folder, `${name}.gguf`))
    const found = ggufConfig(header, readRopeFactors(header)).rope.scaling
    expect(found.kind).toBe(scaling.kind)
    for (const [key, value] of Object.entries(scaling)) {
      const stored: unknown = Object.entries(found).find(([other]) => other === key)?.[1]
      if (typeof value === 'number') expect(stored).toBeCloseTo(value, 5)
      else expect(stored).toBe(value)
    }
  }
})

describe('Q8_0', () => {
  const config: ModelConfig = {
    ...readHuggingFaceConfig(join(models, 'qwen2', 'config.json')),
    hiddenSize: 32,
    intermediateSize: 64,
    heads: 4,
    kvHeads: 2,
    headSize: 8,
  }

  test('keeps numbers within half a step of their block', () => {
    scope(() => {
      const random = RandomStream.named(1, 'q8')
      const weights = new Map<string, Tensor>()
      for (const [name, shape] of expectedWeights(config)) {
        const size = shape.reduce((product, dimension) => product * dimension, 1)
        const values = Float32Array.from({ length: size }, () => random.normal())
        weights.set(name, tensorFrom(values, shape))
      }
      const target = join(folder, 'q8.gguf')
      saveGguf(target, { name: 'q8', config, weights, tokenizer: new Map() }, 'Q8_0')
      const again = loadFile(target)
      expect(again.config).toMatchObject({ hiddenSize: 32, dtype: 'bfloat16' })
      for (const [name, tensor] of weights) {
        const [expected, found] = [
          readFloats(tensor),
          readFloats(again.weights.get(name) ?? tensor),
        ]
        const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
        const step = tensor.shape.length > 1 ? largest / 127 : 0
        const gaps = expected.map((value, index) => Math.abs(value - (found[index] ?? Number.NaN)))
        expect(Math.max(...gaps)).toBeLessThanOrEqual(step * 0.51)
      }
    })
  })

  test('asks for rows of whole blocks', () => {
    scope(() => {
      const original = loadFolder(join(models, 'qwen2'))
      const save = () =>
        saveGguf(join(folder, 'no.gguf'), { name: '', ...original, tokenizer: new Map() }, 'Q8_0')
      expect(save).toThrow('model.embed_tokens.weight has rows of 24')
      expect(existsSync(join(folder, 'no.gguf'))).toBe(false)
    })
  })
})

describe('weights that do not fit are listed', () => {
  const original = () => loadFolder(join(models, 'llama'))
  const saving = (change: (weights: Map<string, Tensor>) => void) => () =>
    scope(() => {
      const { config, weights } = original()
      change(weights)
      saveHuggingFace(join(folder, 'never'), { config, weights })
    })

  test('missing, surplus and misshapen ones in one error', () => {
    const damage = saving((weights) => {
      weights.delete('model.norm.weight')
      weights.set('model.extra.weight', tensorFrom(Float32Array.of(1)))
      weights.set('model.layers.0.mlp.up_proj.weight', tensorFrom(Float32Array.of(1)))
    })
    expect(damage).toThrow(UserError)
    expect(damage).toThrow('missing (1): "model.norm.weight"')
    expect(damage).toThrow('surplus (1): "model.extra.weight"')
    expect(damage).toThrow('misshapen (1): "model.layers.0.mlp.up_proj.weight": expected [')
    expect(existsSync(join(folder, 'never'))).toBe(false)
  })

  test('stored rotary frequencies are known to be harmless', () => {
    const harmless = saving((weights) => {
      weights.set('model.layers.0.self_attn.rotary_emb.inv_freq', tensorFrom(Float32Array.of(1)))
    })
    expect(harmless).not.toThrow()
    rmSync(join(folder, 'never'), { recursive: true })
  })
})

test('a folder with something in it is never overwritten', () => {
  scope(() => {
    const model = loadFolder(join(models, 'llama'))
    expect(() => saveHuggingFace(join(folder), model)).toThrow('not empty')
    expect(existsSync(join(folder, 'config.json'))).toBe(false)
  })
})

test('a failure in between leaves nothing behind', () => {
  scope(() => {
    const { config, weights } = loadFolder(join(models, 'llama'))
    const first = [...weights.values()][0]
    first?.dispose()
    expect(() => saveHuggingFace(join(folder, 'broken'), { config, weights })).toThrow()
    expect(readdirSync(folder).filter((name) => name.includes('broken'))).toEqual([])
    writeFileSync(join(folder, 'file'), '')
    expect(() =>
      saveHuggingFace(join(folder, 'file', 'x'), loadFolder(join(models, 'llama'))),
    ).toThrow(UserError)
  })
})
