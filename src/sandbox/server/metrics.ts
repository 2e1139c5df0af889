// What Prometheus reads of a server.

import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { PoolState } from '../local/local-pool.ts'
import type { Execution } from '../sandbox.ts'

const secondsBuckets = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30]

export class ServerMetrics {
  readonly registry = new Registry()
  readonly #executions = new Counter({
    name: 'sandbox_executions_total',
    help: 'Programs that ended, by how they ended',
    labelNames: ['status'],
    registers: [this.registry],
  })
  readonly #failures = new Counter({
    name: 'sandbox_failures_total',
    help: 'Requests that our side failed, by kind',
    labelNames: ['kind'],
    registers: [this.registry],
  })
  readonly #duration = new Histogram({
    name: 'sandbox_run_seconds',
    help: 'Run time of programs',
    buckets: secondsBuckets,
    registers: [this.registry],
  })
  readonly #queueing = new Histogram({
    name: 'sandbox_queue_seconds',
    help: 'Time that programs waited for a slot',
    buckets: secondsBuckets,
    registers: [this.registry],
  })

  constructor(state: () => PoolState) {
    const gauges = ['workers', 'running', 'queued', 'freeSlots', 'sessions'] as const
    for (const name of gauges) {
      new Gauge({
        name: `sandbox_${name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`,
        help: `Present number: ${name}`,
        registers: [this.registry],
        collect() {
          this.set(state()[name])
        },
      })
    }
  }

  ended(execution: Execution): void {
    this.#executions.inc({ status: execution.status })
    this.#duration.observe(execution.durationMs / 1000)
    this.#queueing.observe(execution.queueMs / 1000)
  }

  failed(kind: string): void {
    this.#failures.inc({ kind })
  }
}
