// Random numbers for tensors: one generator per named stream of the run's seed.

import { RandomStream } from '../base/random.ts'
import { native } from './native.ts'
import { type Device, Tensor } from './tensor.ts'

/** A libtorch generator; its owner disposes it. */
export class Generator {
  private constructor(
    /** The addon's name for it; -1 once freed. */
    public id: number,
    readonly device: Device,
  ) {}

  /** The stream called `name` of a run's seed, as RandomStream.named. */
  static named(seed: number, name: string, device: Device = 'cpu'): Generator {
    const stream = RandomStream.named(seed, name)
    // libtorch takes 64 bits; JavaScript's integers are exact up to 53.
    return new Generator(native().makeGenerator(device, stream.integer(2 ** 53)), device)
  }

  /** Its state as bytes (uint8): what a checkpoint keeps. */
  state(): Tensor {
    return new Tensor(native().generatorState(this.id))
  }

  setState(state: Tensor): void {
    native().setGeneratorState(this.id, state.handle)
  }

  [Symbol.dispose](): void {
    if (this.id === -1) return
    native().freeGenerator(this.id)
    this.id = -1
  }
}
