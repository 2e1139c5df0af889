import { expect, test } from 'vitest'
import { RandomStream } from './random.ts'

test('the same seed and name repeat; another name or seed does not', () => {
  const draw = (seed: number, name: string) => {
    const stream = RandomStream.named(seed, name)
    return [stream.uniform(), stream.uniform(), stream.uniform()]
  }
  expect(draw(1, 'rollout')).toEqual(draw(1, 'rollout'))
  expect(draw(1, 'rollout')).not.toEqual(draw(1, 'shuffle'))
  expect(draw(1, 'rollout')).not.toEqual(draw(2, 'rollout'))
})

test('a restored stream goes on where the saved one stood', () => {
  const stream = RandomStream.named(7, 'x')
  stream.uniform()
  const restored = RandomStream.restore(stream.state)
  expect(restored.uniform()).toBe(stream.uniform())
})

test('uniform has mean 1/2 and variance 1/12; normal has mean 0 and variance 1', () => {
  const stream = RandomStream.named(3, 'moments')
  const moments = (draw: () => number) => {
    const values = Array.from({ length: 40_000 }, draw)
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length
    return { mean, variance: values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length }
  }
  const uniform = moments(() => stream.uniform())
  expect(uniform.mean).toBeCloseTo(0.5, 2)
  expect(uniform.variance).toBeCloseTo(1 / 12, 2)
  const normal = moments(() => stream.normal())
  expect(Math.abs(normal.mean)).toBeLessThan(0.02)
  expect(normal.variance).toBeCloseTo(1, 1)
})

test('a shuffle is a permutation and leaves its input alone', () => {
  const values = [1, 2, 3, 4, 5, 6, 7, 8]
  const shuffled = RandomStream.named(1, 's').shuffled(values)
  expect([...shuffled].sort()).toEqual(values)
  expect(shuffled).not.toEqual(values)
})
