// The quickstart from end to end on a fraction of its work: every part together, with the real model.

import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { locate } from '../setup/locate.mjs'
import { RunFolder } from '../src/run/folder.ts'
import { RunReader } from '../src/run/run-reader.ts'
import { liveTensors } from '../src/tensor/memory.ts'
import { quickstart } from '../src/train/quickstart.ts'
import { chosenQuickstart } from '../src/train/quickstart-config.ts'
import { quickstartSteps } from '../src/train/quickstart-story.ts'
import { scratchFolder } from './scratch-folder.ts'

test('cold start, RL and evaluation, recorded in a run folder', { timeout: 600_000 }, async ({
  skip,
}) => {
  const found = locate()
  if (!found?.addon || !found.facts.smollm2) skip('SmolLM2 is not installed')
  const before = liveTensors().count
  const root = scratchFolder()
  const path = join(root, 'run')
  const chapters: string[] = []
  const config = chosenQuickstart({ check: true, seed: 3, algorithm: 'grpo', dtype: 'bfloat16' })
  const totalSteps = quickstartSteps(config).all
  const run = RunFolder.create(path, { command: 'quickstart', config, totalSteps })
  try {
    const result = await quickstart({
      config,
      digest: 'check',
      run,
      from: null,
      signal: new AbortController().signal,
      narrator: {
        chapter: (title) => {
          chapters.push(title)
          return { update: () => {}, [Symbol.dispose]: () => {} }
        },
      },
    })
    run.finish()
    expect(result.untouched.all.behaviour.callsPerResponse).toBe(0)
    expect(result.coldStart.all.behaviour.callsPerResponse).toBeGreaterThan(0)
    expect(result.trained.all.problems).toBe(config.problems.heldOut)
    expect(chapters).toEqual([
      'problems',
      'evaluation, untouched',
      'demonstrations',
      'cold start',
      'evaluation, after cold start',
      'reinforcement learning',
      'evaluation, after RL',
    ])
    expect(readdirSync(result.model)).toContain('model.safetensors')
    using reader = new RunReader(path)
    expect(reader.damage).toEqual([])
    expect(liveTensors().count).toBe(before)
  } finally {
    run[Symbol.dispose]()
  }
})
