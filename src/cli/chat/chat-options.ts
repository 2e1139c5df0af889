// What can be said about a chat on the command line, checked as it is read.

import { InvalidArgumentError } from 'commander'
import type { WeightDtype } from '../../model/config.ts'
import type { Device } from '../../tensor/tensor.ts'

export const defaultModel = 'smollm2-135m-instruct'

export interface ChatOptions {
  readonly model: string
  /** A folder with a low-rank adapter. */
  readonly adapter?: string
  /** One question; without it the chat reads many. */
  readonly prompt?: string
  readonly system?: string
  readonly template?: string
  readonly dtype?: WeightDtype
  readonly device?: Device
  readonly threads?: number
  readonly temperature?: number
  readonly topP?: number
  readonly topK?: number
  readonly minP?: number
  readonly seed?: number
  readonly maxTokens: number
  readonly context?: number
  readonly tools: boolean
  readonly json?: true
}

/** A parser for a number in [least, most]; anything else is wrong use. */
export function numberIn(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (text.trim() !== '' && value >= least && value <= most) return value
    const range = Number.isFinite(most) ? `from ${least} to ${most}` : `of at least ${least}`
    throw new InvalidArgumentError(`Expected a number ${range}.`)
  }
}

/** The same for whole numbers. */
export function integerIn(least: number, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (/^\d+$/.test(text.trim()) && value >= least && value <= most) return value
    const range =
      most < Number.MAX_SAFE_INTEGER ? `from ${least} to ${most}` : `of at least ${least}`
    throw new InvalidArgumentError(`Expected a whole number ${range}.`)
  }
}

/** A device's name: `cpu`, `cuda`, `cuda:1`. */
export function deviceName(text: string): Device {
  if (text === 'cpu' || text === 'cuda') return text
  if (/^cuda:\d+$/.test(text)) return text as Device
  throw new InvalidArgumentError('Expected cpu, cuda or cuda:N.')
}
