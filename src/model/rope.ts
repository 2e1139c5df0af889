// Rotary position embedding: frequencies once per model, angles once per forward. Computed with
// libtorch's own float32 operators in the order of the published formulas, so that far positions
// agree with PyTorch to the last bit (an angle of 4,000 rad magnifies the last bit 4,000 times).
//
// Letters: T tokens, N heads, D head size, F = D / 2 frequencies.

import { add, clamp, cos, divide, multiply, negative, sin, subtract } from '../tensor/arithmetic.ts'
import { greater, less, where } from '../tensor/comparison.ts'
import { arange } from '../tensor/creation.ts'
import type { DType } from '../tensor/dtype.ts'
import { hasTrainingKernel } from '../tensor/kernel.ts'
import { operator } from '../tensor/operator.ts'
import { scope } from '../tensor/scope.ts'
import { concatenate, narrow, unsqueeze } from '../tensor/shape.ts'
import type { Device, Tensor } from '../tensor/tensor.ts'
import { toDevice, toDtype } from '../tensor/transfer.ts'
import type { ModelConfig, RopeScaling } from './config.ts'

const powerOf = operator('aten::pow', 'Scalar')
const reciprocalOf = operator('aten::reciprocal')
const addcmulOf = operator('aten::addcmul')
const rotateKernel = operator('retool::rotate')

/** Cosine and sine of every token's angles, each [T, 1, D], in the dtype of the computation. */
export interface RopeAngles {
  readonly cosine_T1D: Tensor
  readonly sine_T1D: Tensor
}

/** Inverse frequencies [F], float32, after the configured scaling. */
export function inverseFrequencies(config: ModelConfig, device: Device): Tensor {
  return scope(() => {
    const exponents_F = divide(evenNumbers(config.headSize), config.headSize)
    const periods_F = powerOf(config.rope.theta, exponents_F)
    return toDevice(scaled(periods_F, config), device)
  })
}

function evenNumbers(size: number): Tensor {
  return multiply(arange(0, size / 2, { dtype: 'float32' }), 2)
}

function scaled(periods_F: Tensor, config: ModelConfig): Tensor {
  const scaling = config.rope.scaling
  switch (scaling.kind) {
    case 'none':
      return reciprocalOf(periods_F)
    case 'linear':
      return divide(reciprocalOf(periods_F), scaling.factor)
    case 'llama3':
      return llama3(reciprocalOf(periods_F), scaling)
    case 'yarn':
      return yarn(periods_F, scaling, config)
    default:
      return scaling satisfies never
  }
}

/** Llama 3.1: long wavelengths are stretched, short ones kept, those between blended. */
function llama3(frequencies_F: Tensor, scaling: RopeScaling & { kind: 'llama3' }): Tensor {
  const { factor, lowFrequencyFactor: low, highFrequencyFactor: high } = scaling
  const length = scaling.originalContextLength
  const wavelength_F = multiply(reciprocalOf(frequencies_F), 2 * Math.PI)
  const stretched_F = divide(frequencies_F, factor)
  const long_F = greater(wavelength_F, length / low)
  const short_F = less(wavelength_F, length / high)
  const base_F = where(long_F, stretched_F, frequencies_F)
  const blend_F = divide(subtract(multiply(reciprocalOf(wavelength_F), length), low), high - low)
  const rest_F = add(multiply(blend_F, -1), 1)
  const blended_F = add(divide(multiply(rest_F, base_F), factor), multiply(blend_F, base_F))
  return where(long_F, base_F, where(short_F, base_F, blended_F))
}

/** YaRN (Peng et al. 2023, section 3.2): a ramp over dimensions between stretched and kept. */
function yarn(
  periods_F: Tensor,
  scaling: RopeScaling & { kind: 'yarn' },
  config: ModelConfig,
): Tensor {
  const { factor, betaFast, betaSlow, truncate, originalContextLength } = scaling
  const size = config.headSize
  /** The dimension that turns `rotations` times over the original context. */
  const dimensionOf = (rotations: number) =>
    (size * Math.log(originalContextLength / (rotations * 2 * Math.PI))) /
    (2 * Math.log(config.rope.theta))
  const [first, last] = [dimensionOf(betaFast), dimensionOf(betaSlow)]
  const low = Math.max(truncate ? Math.floor(first) : first, 0)
  const high = Math.min(truncate ? Math.ceil(last) : last, size - 1)
  const width = low === high ? 0.001 : high - low
  const places_F = arange(0, size / 2, { dtype: 'float32' })
  const ramp_F = clamp(divide(subtract(places_F, low), width), 0, 1)
  const kept_F = add(negative(ramp_F), 1)
  const stretched_F = reciprocalOf(multiply(periods_F, factor))
  return add(
    multiply(stretched_F, add(negative(kept_F), 1)),
    multiply(reciprocalOf(periods_F), kept_F),
  )
}

/** The angles of tokens at `positions_T` (int64), for rotate(). */
export function ropeAngles(
  inverse_F: Tensor,
  positions_T: Tensor,
  config: ModelConfig,
  dtype: DType,
): RopeAngles {
  return scope(() => {
    const angles_TF = multiply(unsqueeze(toDtype(positions_T, 'float32'), 1), inverse_F)
    const angles_T1D = unsqueeze(concatenate([angles_TF, angles_TF], 1), 1)
    const scale = config.rope.scaling.kind === 'yarn' ? config.rope.scaling.attentionFactor : 1
    const finish = (tensor: Tensor) =>
      toDtype(scale === 1 ? tensor : multiply(tensor, scale), dtype)
    return { cosine_T1D: finish(cos(angles_T1D)), sine_T1D: finish(sin(angles_T1D)) }
  })
}

/** Turns each head's halves against each other: x cos + (-second half, first half) sin. */
export function rotate(heads_TND: Tensor, angles: RopeAngles): Tensor {
  if (hasTrainingKernel(heads_TND)) {
    return rotateKernel(heads_TND, angles.cosine_T1D, angles.sine_T1D)
  }
  const half = heads_TND.dimension(-1) / 2
  const turned_TND = concatenate(
    [negative(narrow(heads_TND, 2, half, half)), narrow(heads_TND, 2, 0, half)],
    2,
  )
  return addcmulOf(multiply(heads_TND, angles.cosine_T1D), turned_TND, angles.sine_T1D)
}
