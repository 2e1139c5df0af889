// Longer than a test: a real model against transformers in float32, logits and the gradient of
// every parameter.
//
//   RETOOL_REFERENCE_PYTHON=/path/to/python npx tsx test/nightly/exactness.ts [MODEL]
//
// MODEL is a Hugging Face folder, a GGUF file or an alias (smollm2-135m-instruct without one). The
// Python is the one of test/reference/requirements.txt. Each difference is the greatest absolute one
// over the greatest absolute expected value. It must stay below 1e-5 or, where float32 itself is
// coarser than that, below twice what transformers differs from itself between its two ways to
// compute attention.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { packedAttention } from '../../src/model/attention.ts'
import { type Decoder, hiddenStates, logits } from '../../src/model/decoder.ts'
import { type OpenModel, openModel } from '../../src/policy/open-model.ts'
import { divide, multiply, negative } from '../../src/tensor/arithmetic.ts'
import { gradients, setRequiresGrad } from '../../src/tensor/autograd.ts'
import { logSoftmax } from '../../src/tensor/neural.ts'
import { sum } from '../../src/tensor/reduction.ts'
import { scope } from '../../src/tensor/scope.ts'
import { concatenate, gather, narrow, unsqueeze } from '../../src/tensor/shape.ts'
import type { Tensor } from '../../src/tensor/tensor.ts'
import { integers, readFloats, tensorFrom } from '../../src/tensor/transfer.ts'
import { loadTensors } from '../fixtures/load-tensors.ts'

const tolerance = 1e-5
const texts = [
  'Natalia sold clips to 48 of her friends in April, and then she sold half as many in May.',
  '<code>\n```python\nprint(12 * 13)\n```\n</code>\n<interpreter>\n156\n</interpreter>',
  'Straße, naïve, 東京, \\frac{a}{b}: the rest is silence.',
]

const [reference = 'smollm2-135m-instruct'] = process.argv.slice(2)
using model = await openModel(reference, { dtype: 'float32', template: 'plain' })
const sequences = await Promise.all(texts.map((text) => model.tokenizer.encode(text)))
// The first half is context, the rest is trained on.
const masks = sequences.map((ids) =>
  ids.map((_, place): number => (place * 2 >= ids.length ? 1 : 0)),
)
const folder = mkdtempSync(join(tmpdir(), 'retool-exactness-'))
try {
  askReference()
  const expected = scope(() => loadTensors(folder, 'eager', 'cpu'))
  scope(() => compare(model, expected, loadTensors(folder, 'sdpa', 'cpu')))
} finally {
  rmSync(folder, { recursive: true })
}

function askReference(): void {
  const python = process.env['RETOOL_REFERENCE_PYTHON'] ?? 'python3'
  const server = join(import.meta.dirname, '../reference', 'reference_server.py')
  const requests = ['eager', 'sdpa'].map((attention) => {
    const out = join(folder, `${attention}.safetensors`)
    return { model: model.source.path, sequences, masks, gradients: 'all', attention, out }
  })
  const { stdout } = spawnSync(python, [server], {
    input: requests.map((request) => `${JSON.stringify(request)}\n`).join(''),
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const replies = (stdout || '{"error": "no answer"}').trim().split('\n')
  for (const reply of replies) {
    const { error, computed } = JSON.parse(reply) as { error?: string; computed?: string }
    if (error) throw new Error(`the reference: ${error}`)
    console.log(`${model.source.name}; reference: ${computed}`)
  }
}

type Named = ReadonlyMap<string, Tensor>

function compare({ decoder, weights }: OpenModel, expected: Named, again: Named): void {
  for (const weight of weights.values()) setRequiresGrad(weight, true)
  const all = sequences.map((ids) => forward(decoder, ids))
  const loss = maskedLoss(all)
  const names = [...weights.keys()]
  const found = gradients([loss], [...weights.values()])
  const row = (name: string, actual: Tensor | null | undefined): Row => ({
    name,
    ours: actual ? gap(actual, get(expected, name)) : Number.NaN,
    reference: gap(get(again, name), get(expected, name)),
  })
  const logitRows = all.map((logits_TV, n) => row(`logits.${n}`, logits_TV))
  const gradientRows = names.map((name, index) => row(`grad.${name}`, found[index]))
  report('logits', logitRows)
  report('loss', [row('loss', loss)])
  report('gradients', gradientRows)
}

function forward(decoder: Decoder, ids: readonly number[]): Tensor {
  const attend = packedAttention([ids.length])
  return logits(decoder, hiddenStates(decoder, integers(ids), integers([...ids.keys()]), attend))
}

function maskedLoss(all: readonly Tensor[]): Tensor {
  const count = masks.flat().reduce((total, flag) => total + flag, 0)
  const parts = all.map((logits_TV, n) => {
    const ids = sequences[n] ?? []
    const logprobs = logSoftmax(narrow(logits_TV, 0, 0, ids.length - 1), 1)
    const chosen = gather(logprobs, 1, unsqueeze(integers(ids.slice(1)), 1))
    const mask = tensorFrom(Float32Array.from((masks[n] ?? []).slice(1)), [ids.length - 1, 1])
    return sum(multiply(chosen, mask), [0])
  })
  return divide(negative(sum(concatenate(parts, 0))), count)
}

function get(map: ReadonlyMap<string, Tensor>, name: string): Tensor {
  const tensor = map.get(name)
  if (!tensor) throw new Error(`the reference gave no ${name}`)
  return tensor
}

function gap(actual: Tensor, expected: Tensor): number {
  const [a, b] = [readFloats(actual), readFloats(expected)]
  if (a.length !== b.length) return Number.NaN
  let [difference, scale] = [0, 0]
  for (let i = 0; i < b.length; i++) {
    const one = Math.abs((a[i] as number) - (b[i] as number))
    if (!(one <= difference)) difference = one
    scale = Math.max(scale, Math.abs(b[i] as number))
  }
  return difference / scale
}

interface Row {
  readonly name: string
  readonly ours: number
  readonly reference: number
}

function report(what: string, rows: readonly Row[]): void {
  const worst = (key: 'ours' | 'reference') =>
    rows.reduce((a, b) => (b[key] <= a[key] ? a : b))[key].toExponential(2)
  const coarsest = Math.max(...rows.map(({ reference }) => reference))
  const allowed = Math.max(tolerance, 2 * coarsest)
  const bad = rows.filter(({ ours }) => !(ours < allowed))
  const beyond = rows.filter(({ ours }) => ours >= tolerance).length
  if (bad.length > 0) process.exitCode = 1
  console.log(
    `${bad.length > 0 ? 'BAD' : 'ok '} ${what}: ${rows.length} compared, worst ${worst('ours')}, ${beyond} of them beyond ${tolerance}; transformers with itself ${worst('reference')}`,
  )
  for (const { name, ours } of bad) console.log(`    ${name} ${ours.toExponential(2)}`)
}
