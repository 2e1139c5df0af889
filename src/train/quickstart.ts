// The quickstart with all that it needs: problems, sandbox, grader and model, opened and closed.

import { openGenerator } from '../data/open-generator.ts'
import type { Problem } from '../data/problem.ts'
import { type QuickstartProblems, quickstartMixture } from '../data/quickstart-mixture.ts'
import { answerJudge } from '../reward/judge.ts'
import { openGrader } from '../reward/open-grader.ts'
import { createSandbox } from '../sandbox/create-sandbox.ts'
import { interpreter } from '../tool/interpreter.ts'
import type { Tool } from '../tool/tool.ts'
import type { TokenId } from '../trajectory/segment.ts'
import { type QuickstartConfig, stageOptions } from './quickstart-config.ts'
import type { QuickstartOptions, QuickstartResult } from './quickstart-options.ts'
import { QuickstartStory } from './quickstart-story.ts'
import { openTrainingModel, type TrainingModel } from './training-model.ts'

/** Runs all of it, or what is left; rejects with the signal's reason after an abort. */
export async function quickstart(options: QuickstartOptions): Promise<QuickstartResult> {
  const { config } = options
  const sandbox = await createSandbox()
  const grader = openGrader(1)
  const judge = answerJudge({ grader, seconds: 2 })
  try {
    const tool = interpreter(sandbox, { seed: config.seed, limits: { timeoutMs: 5_000 } })
    // The grader starts while problems are drawn: each imports for seconds.
    const [problems] = await Promise.all([drawProblems(options), judge(example, 'x + 1')])
    using model = await openQuickstartModel(config, tool)
    const decode = (tokens: readonly TokenId[]) => model.tokenizer.decode(tokens)
    const cast = { model, tool, reader: { decode, judge }, problems }
    return await new QuickstartStory(options, cast).tell()
  } finally {
    await grader.close()
    await sandbox.close()
  }
}

const example: Problem = {
  id: 'example',
  question: 'What is 1 + x?',
  answer: '1 + x',
  source: 'example',
  verifier: { kind: 'equivalence' },
}

async function drawProblems({ config, narrator }: QuickstartOptions): Promise<QuickstartProblems> {
  using chapter = narrator.chapter('problems', 1)
  const generator = openGenerator()
  try {
    const problems = await quickstartMixture({ ...config.problems, seed: config.seed }, generator)
    chapter.update(1)
    return problems
  } finally {
    await generator.close()
  }
}

/** The model with its engine, and with a critic for PPO. */
export async function openQuickstartModel(
  config: QuickstartConfig,
  tool: Tool,
): Promise<TrainingModel> {
  const { model, dtype, cacheTokens, policy, critic } = config
  return await openTrainingModel(model, {
    learner: stageOptions(config, 0),
    engine: { cacheTokens, maxBatch: 128 },
    dtype,
    tools: [tool],
    ...(policy.advantage.kind === 'gae' && { critic: stageOptions(config, critic.learningRate) }),
  })
}
