// Node, compiler, processor and memory.

import { availableParallelism, cpus } from 'node:os'
import { findCompiler } from '../../../setup/compiler.mjs'
import { availableMemory, machineMemory } from '../../base/machine-memory.ts'
import { fastestDtype, processorFlags } from '../../base/processor.ts'
import type { Finding } from './finding.ts'
import type { TorchAnswer } from './torch-findings.ts'

const oldestNode = 20

export function nodeFinding(): Finding {
  const { node } = process.versions
  const found = `${node} (${process.execPath})`
  const details = { version: node, path: process.execPath }
  if (Number(node.split('.')[0]) >= oldestNode)
    return { name: 'Node.js', state: 'ok', found, details }
  return {
    name: 'Node.js',
    state: 'missing',
    found,
    details,
    advice: `install Node.js ${oldestNode} or newer`,
  }
}

/** Needed only to build the addon, so a missing one is no more than a warning. */
export function compilerFinding(): Finding {
  const name = 'C++ compiler'
  try {
    const { command } = findCompiler()
    return { name, state: 'ok', found: command, details: { path: command } }
  } catch (error) {
    const [found = '', ...advice] = (error instanceof Error ? error.message : String(error)).split(
      '\n',
    )
    return {
      name,
      state: 'warning',
      found,
      advice: `needed to build the addon. ${advice.join('; ')}`,
    }
  }
}

/** Instruction sets that make a difference here, as the system spells them. */
const telling = [
  'avx2',
  'fma',
  'avx512f',
  'avx512_vnni',
  'avx512_bf16',
  'avx512_fp16',
  'amx_bf16',
  'amx_int8',
  'asimd',
  'bf16',
  'sve',
  'i8mm',
]

export function processorFinding(torch: TorchAnswer | undefined): Finding {
  const model = cpus()[0]?.model.trim() || process.arch
  const flags = processorFlags()
  const sets = telling.filter((flag) => flags.includes(flag))
  const parts = [
    `${model}, ${availableParallelism()} threads`,
    sets.length > 0 ? `has ${sets.join(' ')}` : '',
    torch ? `torch uses ${torch.threads} threads and ${torch.capability}` : '',
    `computes fastest in ${fastestDtype(flags)}`,
  ]
  return {
    name: 'processor',
    state: 'ok',
    found: parts.filter((part) => part !== '').join('; '),
    details: {
      model,
      threads: availableParallelism(),
      instructionSets: sets,
      fastestDtype: fastestDtype(flags),
      torchThreads: torch?.threads ?? null,
      torchUses: torch?.capability ?? null,
    },
  }
}

/** Bytes that the quickstart needs, without a critic and with one; see `neededMemory`. */
export interface MemoryNeeds {
  readonly grpo: number
  readonly ppo: number
}

/** Without `needs`, before the model is installed, it only says what is there. */
export function memoryFinding(needs: MemoryNeeds | null): Finding {
  const total = machineMemory()
  const available = availableMemory()
  const found = `${gigabytes(total)} GB, ${gigabytes(available)} GB available`
  const details = { totalBytes: total, availableBytes: available, quickstartBytes: needs }
  const name = 'memory'
  if (!needs) return { name, state: 'ok', found, details }
  const needed = `the quickstart needs about ${gigabytes(needs.grpo)} GB (with ppo ${gigabytes(needs.ppo)})`
  if (needs.grpo <= available) return { name, state: 'ok', found: `${found}; ${needed}`, details }
  const wayOut = needs.grpo <= total ? '; close other programs' : ''
  return { name, state: 'warning', found, details, advice: `${needed}${wayOut}` }
}

function gigabytes(bytes: number): string {
  return (bytes / 2 ** 30).toFixed(1)
}
