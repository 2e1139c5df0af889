import { setImmediate as tick } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { Interrupt } from './interrupt.ts'

test('the first Ctrl-C asks, the second ends, and afterwards nothing listens', async () => {
  const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  const exit = vi.spyOn(process, 'exit').mockReturnValue(undefined as never)
  const before = process.listenerCount('SIGINT')
  {
    using interrupt = new Interrupt('saving')
    process.emit('SIGINT', 'SIGINT')
    // Pressed again while the process was too busy to say anything.
    process.emit('SIGINT', 'SIGINT')
    expect(interrupt.signal.aborted).toBe(true)
    expect(write).toHaveBeenCalledWith('\nsaving\n')
    expect(exit).not.toHaveBeenCalled()
    await tick()
    process.emit('SIGINT', 'SIGINT')
    expect(exit).toHaveBeenCalledWith(130)
  }
  expect(process.listenerCount('SIGINT')).toBe(before)
  vi.restoreAllMocks()
})
