// What is alive: leaks show as numbers that tests assert.

import { native } from './native.ts'

export interface LiveTensors {
  readonly count: number
  /** Bytes of the distinct storages behind the live handles; saved activations are not counted. */
  readonly bytes: number
}

export function liveTensors(): LiveTensors {
  const [count, bytes] = native().liveTensors()
  return { count, bytes }
}

/** Keeps at most so much freed memory of large tensors for new ones; returns the bytes kept now. */
export function keepMemory(bytes: number): number {
  return native().keepMemory(bytes)
}
