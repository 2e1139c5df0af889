// How a metric is called in a chart, and in which unit its values read.

import type { Unit } from './format.ts'

interface MetricLook {
  readonly title: string
  readonly unit: Unit
}

/** Those of the machine, whose recorded names are short. */
const machine: Readonly<Record<string, MetricLook>> = {
  'system/cpu': { title: 'processor load, all processes', unit: 'share' },
  'system/memory': { title: 'memory in use, all processes', unit: 'share' },
  'system/processCpu': { title: 'cores that the run kept busy', unit: 'number' },
  'system/processMemoryBytes': { title: 'memory of the run, bytes', unit: 'number' },
  'system/cores': { title: 'cores that there are', unit: 'number' },
}

export function metricLook(name: string): MetricLook {
  const title = name.includes('/') ? name.slice(name.indexOf('/') + 1) : name
  return machine[name] ?? { title, unit: name.startsWith('time/') ? 'seconds' : 'number' }
}
