import { describe, expect, test } from 'vitest'
import { add, divide, exp, multiply, square } from './arithmetic.ts'
import { gradients, inference, setRequiresGrad, withoutGradient } from './autograd.ts'
import { greater, where } from './comparison.ts'
import { arange, full, ones, randn, zeros } from './creation.ts'
import { cudaDeviceCount } from './device.ts'
import { Generator } from './generator.ts'
import { liveTensors } from './memory.ts'
import { native } from './native.ts'
import { attention, linear, matmul, rmsNorm, silu, softmax } from './neural.ts'
import { operator } from './operator.ts'
import { logSumExp, mean, sort, sum } from './reduction.ts'
import { scope, unowned } from './scope.ts'
import { narrow, reinterpret, reshape, transpose } from './shape.ts'
import type { Device, Tensor } from './tensor.ts'
import {
  arrayOver,
  integers,
  item,
  read,
  readFloats,
  readIntegers,
  tensorFrom,
  tensorOver,
  toDevice,
  toDtype,
} from './transfer.ts'

const devices: Device[] = ['cpu', 'cuda']

/** Every test of operators runs on every device there is. */
describe.each(devices)('operators on %s', (device) => {
  const missing = device === 'cuda' && cudaDeviceCount() === 0
  const on = (values: number[], shape?: number[]) =>
    toDevice(tensorFrom(new Float32Array(values), shape), device)
  const check = (name: string, body: () => void) =>
    test(missing ? `${name} (no CUDA device here)` : name, ({ skip }) => {
      if (missing) skip('no CUDA device on this machine')
      scope(body)
    })

  check('arithmetic broadcasts and mixes with numbers', () => {
    const a = on([1, 2, 3, 4], [2, 2])
    expect([...readFloats(add(a, on([10, 20])))]).toEqual([11, 22, 13, 24])
    expect([...readFloats(divide(multiply(a, 3), 2))]).toEqual([1.5, 3, 4.5, 6])
  })

  check('matrix products', () => {
    const a = on([1, 2, 3, 4], [2, 2])
    expect([...readFloats(matmul(a, a))]).toEqual([7, 10, 15, 22])
    expect([...readFloats(linear(a, on([1, 1, 0, 1], [2, 2]), on([100, 200])))]).toEqual([
      103, 202, 107, 204,
    ])
  })

  check('reductions', () => {
    const a = on([1, 2, 3, 4], [2, 2])
    expect(item(sum(a))).toBe(10)
    expect([...readFloats(mean(a, [0]))]).toEqual([2, 3])
    expect([...readFloats(logSumExp(on([0, 0], [1, 2]), [1]))][0]).toBeCloseTo(Math.log(2), 6)
    expect(readIntegers(sort(on([3, 1, 2]), 0, true).indices)).toEqual([0, 2, 1])
  })

  check('activations and norms', () => {
    const x = readFloats(silu(on([1])))
    expect(x[0]).toBeCloseTo(1 / (1 + Math.exp(-1)), 6)
    // mean of squares of (3, 4) is 12.5
    const normed = readFloats(rmsNorm(on([3, 4], [1, 2]), on([1, 2]), 0))
    expect(normed[0]).toBeCloseTo(3 / Math.sqrt(12.5), 6)
    expect(normed[1]).toBeCloseTo(8 / Math.sqrt(12.5), 6)
    expect([...readFloats(softmax(on([0, 0], [1, 2]), 1))]).toEqual([0.5, 0.5])
  })

  check('attention over one key returns its value', () => {
    const q = on([1, 2], [1, 1, 1, 2])
    expect([...readFloats(attention(q, q, on([5, 7], [1, 1, 1, 2])))]).toEqual([5, 7])
  })

  check('gradient of sum(exp(x) * 2) is 2 exp(x)', () => {
    const x = on([0, 1])
    setRequiresGrad(x, true)
    const [gradient] = gradients([sum(multiply(exp(x), 2))], [x])
    expect(gradient).toBeTruthy()
    if (gradient) expect(readFloats(gradient)[1]).toBeCloseTo(2 * Math.E, 5)
  })

  check('a choice by condition', () => {
    const x = on([-1, 2])
    expect([...readFloats(where(greater(x, 0), x, toDevice(zeros([2]), device)))]).toEqual([0, 2])
  })

  check('bfloat16 and float16 convert', () => {
    const x = on([1.5, -2])
    expect([...readFloats(toDtype(x, 'bfloat16'))]).toEqual([1.5, -2])
    expect([...readFloats(toDtype(x, 'float16'))]).toEqual([1.5, -2])
  })

  check('a named stream repeats and its state can be kept', () => {
    using first = Generator.named(1, 'init', device)
    using second = Generator.named(1, 'init', device)
    const [a, b] = [readFloats(randn([4], first)), readFloats(randn([4], second))]
    expect([...a]).toEqual([...b])
    const state = first.state()
    const next = [...readFloats(randn([4], first))]
    first.setState(state)
    expect([...readFloats(randn([4], first))]).toEqual(next)
    expect(next).not.toEqual([...a])
  })
})

describe('memory', () => {
  test('typed arrays of every kind come back equal', () => {
    scope(() => {
      expect(readIntegers(integers([1, -2, 3]))).toEqual([1, -2, 3])
      expect([...read(tensorFrom(new Uint8Array([1, 255])))]).toEqual([1, 255])
      expect([...read(tensorFrom(new Uint8Array([1, 0]), [2], 'bool'))]).toEqual([1, 0])
      expect([...read(tensorFrom(new Float64Array([0.1])))]).toEqual([0.1])
      expect([...read(reinterpret(tensorFrom(new Float32Array([1])), 'uint8'))]).toEqual([
        0, 0, 128, 63,
      ])
    })
  })

  test('tensorOver and arrayOver share memory, tensorFrom does not', () => {
    scope(() => {
      const array = new Float32Array([1, 2])
      const [copied, shared] = [tensorFrom(array), tensorOver(array)]
      array[0] = 9
      expect([...readFloats(copied)]).toEqual([1, 2])
      expect([...readFloats(shared)]).toEqual([9, 2])
      const seen = arrayOver(copied, 'float32')
      seen[1] = 7
      expect([...readFloats(copied)]).toEqual([1, 7])
    })
  })

  test('memory outlives the tensor while an array looks at it', () => {
    const tensor = full([3], 4)
    const seen = arrayOver(tensor, 'float32')
    tensor.dispose()
    expect([...seen]).toEqual([4, 4, 4])
  })

  test('a view keeps the memory that its base gave up', () => {
    scope(() => {
      const base = tensorFrom(new Float32Array([1, 2, 3]))
      const part = narrow(base, 0, 1, 2)
      base.dispose()
      expect([...readFloats(part)]).toEqual([2, 3])
    })
  })

  test('a wrong size is refused before anything is read', () => {
    expect(() => tensorFrom(new Float32Array(3), [2, 2])).toThrow(/asks for 16 bytes.*has 12/)
    expect(() => tensorFrom(new Float32Array(3), [-3])).toThrow(/negative/)
    scope(() => {
      expect(() => arrayOver(transpose(ones([2, 3]), 0, 1), 'float32')).toThrow(/contiguous/)
    })
  })

  test('a thousand forward and backward passes leave the counter where it was', () => {
    const weight = unowned(() => ones([4, 4]))
    setRequiresGrad(weight, true)
    const before = liveTensors()
    for (let pass = 0; pass < 1000; pass++) {
      scope(() => {
        const loss = sum(square(linear(ones([2, 4]), weight)))
        gradients([loss], [weight])
      })
    }
    expect(liveTensors()).toEqual(before)
    weight.dispose()
  })
})

describe('scope', () => {
  test('frees what it made, keeps what it returns, also inside records', () => {
    const before = liveTensors().count
    const made: Tensor[] = []
    const kept = scope(() => {
      const inner = ones([2])
      made.push(inner)
      return { pair: [add(inner, 1)], map: new Map([['x', add(inner, 2)]]) }
    })
    expect(made[0]?.isFreed).toBe(true)
    expect(liveTensors().count).toBe(before + 2)
    kept.pair[0]?.dispose()
    kept.map.get('x')?.dispose()
    expect(liveTensors().count).toBe(before)
  })

  test('an inner scope hands its result to the outer one', () => {
    const before = liveTensors().count
    scope(() => {
      const inner = scope(() => add(ones([1]), ones([1])))
      expect(item(inner)).toBe(2)
    })
    expect(liveTensors().count).toBe(before)
  })

  test('frees when the body throws, and refuses promises', () => {
    const before = liveTensors().count
    expect(() =>
      scope(() => {
        ones([1])
        throw new Error('mine')
      }),
    ).toThrow('mine')
    expect(() => scope(() => Promise.resolve(ones([1])))).toThrow(/never cross an await/)
    expect(liveTensors().count).toBe(before)
  })
})

describe('errors', () => {
  test("libtorch's refusal names the operator, shapes and dtypes, without a C++ stack", () => {
    scope(() => {
      let message = ''
      try {
        matmul(ones([2, 3]), ones([4, 5]))
      } catch (error) {
        message = String(error)
      }
      expect(message).toContain('aten::matmul(float32[2, 3] cpu, float32[4, 5] cpu)')
      expect(message).not.toMatch(/frame #|Exception raised from/)
    })
  })

  test('freed, invented and wrong handles are refused', () => {
    scope(() => {
      const tensor = ones([1])
      const stale = tensor.handle
      tensor.dispose()
      tensor.dispose()
      expect(() => add(tensor, 1)).toThrow(/`self`: this tensor was freed/)
      expect(() => native().shape(stale)).toThrow(/was freed/)
      ones([1])
      expect(() => native().shape(stale)).toThrow(/was freed/)
      for (const handle of [123_456_789, -5, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
        expect(() => native().shape(handle)).toThrow(/tensor/)
      }
    })
  })

  test('wrong types and counts of arguments are refused by name', () => {
    scope(() => {
      const call = operator('aten::add', 'Tensor')
      expect(() => call(ones([1]), 'x')).toThrow(/`other`: expected a tensor/)
      expect(() => call(ones([1]))).toThrow(/`other`: missing/)
      expect(() => call(ones([1]), ones([1]), 1, 2)).toThrow(/too many/)
      expect(() => operator('aten::no_such')()).toThrow(/no operator aten::no_such/)
      expect(() => operator('aten::reshape')(ones([2]), [1.5, 2])).toThrow(/integer/)
    })
  })

  test('a tensor made in inference mode cannot be trained on', () => {
    scope(() => {
      const x = inference(() => ones([2]))
      const weight = ones([2])
      setRequiresGrad(weight, true)
      expect(() => multiply(x, weight)).toThrow(/[Ii]nference/)
      const y = withoutGradient(() => multiply(ones([2]), weight))
      expect(() => gradients([sum(y)], [weight])).toThrow()
    })
  })
})

test('arange and reshape', () => {
  scope(() => {
    const grid = reshape(arange(0, 6), [2, 3])
    expect(grid.dtype).toBe('int64')
    expect(grid.shape).toEqual([2, 3])
    expect(grid.dimension(-1)).toBe(3)
    expect(readIntegers(transpose(grid, 0, 1))).toEqual([0, 3, 1, 4, 2, 5])
  })
})
