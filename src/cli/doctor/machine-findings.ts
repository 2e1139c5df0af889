// Node, compiler, processor and memory.

import { existsSync, readFileSync } from 'node:fs'
import { availableParallelism, cpus, freemem, totalmem } from 'node:os'
import { findCompiler } from '../../../setup/compiler.mjs'
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

/** SmolLM2 trains in 4 GB; below that even the quickstart is likely to be killed. */
const littleMemory = 4 * 2 ** 30

export function memoryFinding(): Finding {
  const limit = process.constrainedMemory()
  const total = limit > 0 ? Math.min(limit, totalmem()) : totalmem()
  const available = Math.min(total, availableMemory())
  const found = `${gigabytes(total)} GB, ${gigabytes(available)} GB available`
  const details = { totalBytes: total, availableBytes: available }
  if (total >= littleMemory) return { name: 'memory', state: 'ok', found, details }
  return {
    name: 'memory',
    state: 'warning',
    found,
    details,
    advice: 'training needs at least 4 GB',
  }
}

/** Free memory and what the system would give up for us. */
function availableMemory(): number {
  const file = '/proc/meminfo'
  const kilobytes = existsSync(file)
    ? /^MemAvailable:\s*(\d+)/m.exec(readFileSync(file, 'utf8'))?.[1]
    : undefined
  return kilobytes ? Number(kilobytes) * 1024 : freemem()
}

function gigabytes(bytes: number): string {
  return (bytes / 2 ** 30).toFixed(1)
}
