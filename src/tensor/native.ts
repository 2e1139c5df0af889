// The addon's typed face. Loaded on first use, so that importing a module needs no libtorch.

import { createRequire } from 'node:module'
import { addonFile } from '../base/installation.ts'
import { machineMemory } from '../base/machine-memory.ts'

/** A place in the addon's table of tensors; -1 once freed. */
export type Handle = number

/** What an operator takes after unwrapping; its schema decides what each place means. */
export type NativeArgument =
  | number
  | bigint
  | boolean
  | string
  | null
  | undefined
  | readonly NativeArgument[]

/** What an operator gives: handles, numbers, null for an undefined tensor, or several of these. */
export type NativeResult = number | boolean | string | null | readonly NativeResult[]

/** See native/*.h. Every function throws an Error with libtorch's message, never crashes. */
interface Native {
  findOperator(name: string, overload: string): number
  call(operator: number, ...values: NativeArgument[]): NativeResult
  run(operator: number, ...values: NativeArgument[]): null
  fromArray(
    array: NodeJS.TypedArray,
    dtype: number,
    shape: readonly number[],
    share: boolean,
  ): Handle
  readInto(tensor: Handle, array: NodeJS.TypedArray): void
  shareMemory(tensor: Handle): ArrayBuffer
  /** Frees the first `count` of these tensors. */
  free(tensors: Float64Array, count: number): void
  alias(tensor: Handle): Handle
  shape(tensor: Handle): number[]
  dtype(tensor: Handle): number
  device(tensor: Handle): string
  isContiguous(tensor: Handle): boolean
  liveTensors(): [number, number]
  keepMemory(bytes: number): number
  setRequiresGrad(tensor: Handle, flag: boolean): void
  requiresGrad(tensor: Handle): boolean
  gradients(
    outputs: readonly Handle[],
    inputs: readonly Handle[],
    given: readonly Handle[] | null,
    retainGraph: boolean,
  ): (Handle | null)[]
  setMode(mode: number): number
  torchVersion(): string
  getThreads(): number
  setThreads(count: number): void
  cudaDevices(): number
  synchronize(device: string): void
  cpuCapability(): string
  timeOperators(on: true): null
  timeOperators(on: false): readonly (readonly [string, number, number])[]
  makeGenerator(device: string, seed: number): number
  generatorState(generator: number): Handle
  setGeneratorState(generator: number, state: Handle): void
  freeGenerator(generator: number): void
}

let loaded: Native | undefined

/** Share of the memory that freed tensors may take which are kept for the next ones. */
export const keptShare = 1 / 16

/** The addon; the first call loads libtorch (about 0.3 s). Throws UserError where set-up is missing. */
export function native(): Native {
  loaded ??= load()
  return loaded
}

function load(): Native {
  const addon = createRequire(import.meta.url)(addonFile()) as Native
  addon.keepMemory(Math.floor(machineMemory() * keptShare))
  return addon
}
