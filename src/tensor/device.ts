// Devices and threads.

import { native } from './native.ts'

export function cudaDeviceCount(): number {
  return native().cudaDevices()
}

/** Threads that one operator may use on the CPU. */
export function threadCount(): number {
  return native().getThreads()
}

export function setThreadCount(count: number): void {
  native().setThreads(count)
}

/** The instruction set that libtorch's kernels were chosen for, such as `AVX512`. */
export function cpuCapability(): string {
  return native().cpuCapability()
}

export function torchVersion(): string {
  return native().torchVersion()
}
