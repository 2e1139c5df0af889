// torch and the devices that it sees, asked in one start of Python.

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { setupCommand } from '../../../setup/locate.mjs'
import { packageFile } from '../../base/package-root.ts'
import type { Finding } from './finding.ts'

/** What torch_facts.py prints. */
export interface TorchAnswer {
  readonly version: string
  readonly cuda: string | null
  readonly threads: number
  readonly capability: string
  readonly devices: readonly {
    readonly name: string
    readonly model: string
    readonly memoryBytes: number | null
  }[]
  /** Why CUDA is not to be had although there is a driver. */
  readonly trouble: string | null
}

export type TorchInquiry =
  | { readonly kind: 'facts'; readonly facts: TorchAnswer }
  | { readonly kind: 'failed'; readonly message: string }

const deadlineMs = 120_000

export async function askTorch(python: string): Promise<TorchInquiry> {
  try {
    const program = packageFile('src/cli/doctor/torch_facts.py')
    const { stdout } = await promisify(execFile)(python, [program], { timeout: deadlineMs })
    return { kind: 'facts', facts: JSON.parse(stdout) as TorchAnswer }
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error)
    return { kind: 'failed', message: said.trim().split('\n').at(-1) ?? said }
  }
}

export function torchFindings(inquiry: TorchInquiry | undefined): Finding[] {
  if (!inquiry)
    return [{ name: 'torch', state: 'missing', found: 'none', advice: `run: ${setupCommand()}` }]
  if (inquiry.kind === 'failed') {
    const found = `does not import: ${inquiry.message}`
    return [{ name: 'torch', state: 'missing', found, advice: `run: ${setupCommand()}` }]
  }
  const { facts } = inquiry
  const build = facts.cuda ? `built for CUDA ${facts.cuda}` : 'CPU build'
  const torch: Finding = {
    name: 'torch',
    state: 'ok',
    found: facts.version.includes('+') ? facts.version : `${facts.version} (${build})`,
    details: { version: facts.version, cuda: facts.cuda },
  }
  return [torch, devicesFinding(facts)]
}

function devicesFinding({ devices, trouble, cuda }: TorchAnswer): Finding {
  const found = devices.map(({ name, model, memoryBytes }) => {
    const memory = memoryBytes ? `, ${Math.round(memoryBytes / 2 ** 30)} GB` : ''
    return model ? `${name} (${model}${memory})` : name
  })
  return {
    name: 'devices',
    state: trouble ? 'warning' : 'ok',
    found: found.join(', '),
    ...(trouble ? { advice: cudaAdvice(trouble, cuda) } : {}),
    details: { devices },
  }
}

function cudaAdvice(trouble: string, cuda: string | null): string {
  return cuda
    ? `CUDA cannot be used: ${trouble}`
    : `there is an NVIDIA driver, but this torch is a CPU build; RETOOL_PYTHON can name a Python with a CUDA build`
}
