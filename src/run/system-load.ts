// How busy the machine and this process were since the last look.

import { availableParallelism, cpus, freemem, totalmem } from 'node:os'

export class SystemLoad {
  #machine = machineTimes()
  #process = process.cpuUsage()
  #time = process.hrtime.bigint()

  /** Metrics by name: shares from 0 to 1 (`processCpu` counts cores), memory in bytes. */
  look(): Readonly<Record<string, number>> {
    const machine = machineTimes()
    const spent = process.cpuUsage(this.#process)
    const time = process.hrtime.bigint()
    const busy = machine.busy - this.#machine.busy
    const total = machine.total - this.#machine.total
    const elapsedMicroseconds = Number(time - this.#time) / 1000
    this.#machine = machine
    this.#process = process.cpuUsage()
    this.#time = time
    return {
      'system/cpu': total > 0 ? busy / total : 0,
      'system/processCpu': (spent.user + spent.system) / Math.max(1, elapsedMicroseconds),
      'system/memory': 1 - freemem() / totalmem(),
      'system/processMemoryBytes': process.memoryUsage.rss(),
      'system/cores': availableParallelism(),
    }
  }
}

function machineTimes(): { busy: number; total: number } {
  let idle = 0
  let total = 0
  for (const { times } of cpus()) {
    idle += times.idle
    total += times.user + times.nice + times.sys + times.idle + times.irq
  }
  return { busy: total - idle, total }
}
