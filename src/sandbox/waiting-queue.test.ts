import { expect, test } from 'vitest'
import { WaitingQueue } from './waiting-queue.ts'

test('first come first served, those that come back before the others, never more than its capacity', () => {
  const queue = new WaitingQueue<string>(3)
  for (const item of ['a', 'b', 'c']) queue.push(item)
  expect(() => queue.push('d')).toThrow(/queue is full \(3 programs wait\)/)
  queue.pushFirst('back')
  queue.pushFirst('back too')
  expect([...queue]).toEqual(['back', 'back too', 'a', 'b', 'c'])
  for (const item of queue) if (item.length > 1) queue.remove(item)
  expect([queue.remove('back'), queue.remove('b'), queue.size]).toEqual([false, true, 2])
  expect([queue.drain(), queue.size]).toEqual([['a', 'c'], 0])
})
