// A feed over more problems than fit into memory: a shuffled stream, whose place a checkpoint keeps.

import type { Problem } from '../data/problem.ts'
import type { ProblemSource } from '../data/problem-source.ts'
import { ProblemStream, type StreamSettings, type StreamState } from '../data/problem-stream.ts'
import type { Feed } from './problem-feed.ts'

/** Takes problems as they come; how hard their sources are changes nothing. */
export class StreamFeed implements Feed {
  #stream: ProblemStream | null = null

  constructor(
    private readonly source: ProblemSource,
    private readonly settings: StreamSettings,
  ) {}

  async take(count: number): Promise<Problem[]> {
    this.#stream ??= await ProblemStream.open(this.source, this.settings)
    return await this.#stream.take(count)
  }

  note(): void {}

  get state(): StreamState {
    return this.#stream?.state ?? { epoch: 0, taken: 0, lastId: null }
  }

  async restore(state: StreamState): Promise<void> {
    await this.#stream?.close()
    this.#stream = await ProblemStream.open(this.source, this.settings, state)
  }
}
