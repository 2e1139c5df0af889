import { expect, test } from 'vitest'
import { gradients, setRequiresGrad } from './autograd.ts'
import { ones } from './creation.ts'
import { matmul } from './neural.ts'
import { operatorTimes } from './operator-times.ts'
import { sum } from './reduction.ts'
import { scope } from './scope.ts'

const product = () =>
  scope(() => {
    const x = ones([4, 4])
    setRequiresGrad(x, true)
    gradients([sum(matmul(x, ones([4, 4])))], [x])
  })

test('operators are counted, those of the way back too, and only while they are timed', () => {
  product()
  const times = operatorTimes(product)
  const calls = new Map(times.map((one) => [one.name, one.calls]))
  expect(calls.get('aten::matmul')).toBe(1)
  // There, and back to the one input that a gradient is asked for.
  expect(calls.get('aten::mm')).toBe(2)
  expect(times.every(({ seconds }) => seconds >= 0)).toBe(true)
  expect(operatorTimes(() => undefined)).toEqual([])
})

test('what is thrown inside comes out, and timing ends', () => {
  const fail = () => {
    throw new Error('inside')
  }
  expect(() => operatorTimes(fail)).toThrow('inside')
  expect(operatorTimes(() => undefined)).toEqual([])
})
