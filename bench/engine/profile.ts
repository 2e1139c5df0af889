// Time by operator: every call through the addon's door, on the CPU, where calls are synchronous.

import { native } from '../../src/tensor/native.ts'

export interface OperatorTime {
  readonly name: string
  readonly calls: number
  readonly seconds: number
}

interface Door {
  findOperator(name: string, overload: string): number
  call(operator: number, ...values: unknown[]): unknown
  run(operator: number, ...values: unknown[]): unknown
}

const times = new Map<number, { name: string; calls: number; seconds: number }>()
let isOn = false

/** To be called before the first operator is looked up: names are learned there. */
export function installProfile(): void {
  const door = native() as unknown as Door
  const { findOperator, call, run } = door
  door.findOperator = (name, overload) => {
    const id = findOperator(name, overload)
    times.set(id, { name: overload ? `${name}.${overload}` : name, calls: 0, seconds: 0 })
    return id
  }
  const timed = (work: Door['call']): Door['call'] => {
    return (operator, ...values) => {
      if (!isOn) return work(operator, ...values)
      const begun = performance.now()
      try {
        return work(operator, ...values)
      } finally {
        const entry = times.get(operator)
        if (entry) {
          entry.calls++
          entry.seconds += (performance.now() - begun) / 1000
        }
      }
    }
  }
  door.call = timed(call)
  door.run = timed(run)
}

/** What the operators of `work` cost, the dearest first. */
export async function profile(work: () => Promise<unknown>): Promise<OperatorTime[]> {
  for (const entry of times.values()) {
    entry.calls = 0
    entry.seconds = 0
  }
  isOn = true
  try {
    await work()
  } finally {
    isOn = false
  }
  return [...times.values()]
    .filter(({ calls }) => calls > 0)
    .map((entry) => ({ ...entry }))
    .sort((a, b) => b.seconds - a.seconds)
}
