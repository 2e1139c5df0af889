// Devices and threads.

import { native } from './native.ts'
import type { Device } from './tensor.ts'

export function cudaDeviceCount(): number {
  return native().cudaDevices()
}

/** Waits until everything queued on the device has run; at once on the CPU. */
export function synchronize(device: Device): void {
  native().synchronize(device)
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
