// The package as programs see it.

export type {
  AdvantageEstimator,
  AdvantageReport,
  Credited,
  Estimate,
  LeftOut,
  Penalized,
  Valued,
} from './advantage/advantage.ts'
export {
  advantageEstimator,
  type CriticFreeAdvantage,
  criticEstimator,
  type GaeAdvantage,
} from './advantage/advantage-estimator.ts'
export { drGrpo } from './advantage/dr-grpo.ts'
export { type GaeInput, type GaeOutput, gae } from './advantage/gae.ts'
export { groupRelative } from './advantage/group-relative.ts'
export type { GroupedRewards } from './advantage/grouped-rewards.ts'
export { type KlCoefficient, nextKlCoefficient } from './advantage/kl-coefficient.ts'
export { type KlEstimator, klEstimate } from './advantage/kl-estimate.ts'
export { opo } from './advantage/opo.ts'
export {
  type ReinforcePlusPlusInput,
  reinforcePlusPlus,
} from './advantage/reinforce-plus-plus.ts'
export { reinforcePlusPlusBaseline } from './advantage/reinforce-plus-plus-baseline.ts'
export { rloo } from './advantage/rloo.ts'
export { tokenRewards } from './advantage/token-rewards.ts'
export { maskedMean, maskedVariance, type Table, whiten } from './advantage/whiten.ts'
export { InfrastructureError, UserError } from './base/errors.ts'
export { RandomStream } from './base/random.ts'
export type { TrainRecipe, TrainRecipeInput } from './config/train-recipe.ts'
export type { OwnProblem, OwnProblems } from './data/own-problems.ts'
export type { Problem, Verifier } from './data/problem.ts'
export { type ProblemsOptions, problemsOf } from './data/problems-of.ts'
export type { ModelOptions } from './policy/open-model.ts'
export { type OpenModel, openModel } from './policy/open-model.ts'
export type { OpenPolicyOptions } from './policy/open-policy.ts'
export { type OpenPolicy, openPolicy } from './policy/open-policy.ts'
export type { Attempt, AttemptReader } from './reward/attempt.ts'
export { fourStages, type Stage } from './reward/curriculum.ts'
export type { JudgeOptions } from './reward/judge.ts'
export { answerJudge, type Judge, type Judgement } from './reward/judge.ts'
export { openGrader } from './reward/open-grader.ts'
export type { OwnJudge } from './reward/own-judge.ts'
export type { Reward, Scored, ScoredGroup } from './reward/reward.ts'
export type { RewardPart, WeightedPart } from './reward/reward-part.ts'
export type { RewardOptions } from './reward/reward-parts.ts'
export { rewardParts } from './reward/reward-parts.ts'
export { type Rewarder, rewarder } from './reward/rewarder.ts'
export type { Group } from './rollout/group.ts'
export type { TrajectoryLimits } from './rollout/limits.ts'
export type { RolloutOptions, RolloutSampling } from './rollout/options.ts'
export type { Progress } from './rollout/progress.ts'
export { rollout } from './rollout/rollout.ts'
export { createSandbox } from './sandbox/create-sandbox.ts'
export type {
  Execution,
  ExecutionStatus,
  Limits,
  Program,
  Sandbox,
  SandboxSession,
  Tier,
} from './sandbox/sandbox.ts'
export type { SandboxOptions } from './sandbox/sandbox-options.ts'
export { scope } from './tensor/scope.ts'
export type { Tensor } from './tensor/tensor.ts'
export { item, readFloats, tensorFrom } from './tensor/transfer.ts'
export { byteTokenizer } from './tokenizer/byte-tokenizer.ts'
export type { Tokenizer } from './tokenizer/tokenizer.ts'
export type { ToolBounds } from './tool/bounded-tool.ts'
export type { ChatTemplate } from './tool/chat-template.ts'
export { type FunctionToolOptions, functionTool } from './tool/function-tool.ts'
export { hermesProtocol } from './tool/hermes-protocol.ts'
export { type InterpreterOptions, interpreter } from './tool/interpreter.ts'
export type { McpServer, McpTools } from './tool/mcp-tool.ts'
export { mcpTools } from './tool/mcp-tool.ts'
export { reToolProtocol } from './tool/retool-protocol.ts'
export type {
  ChatMessage,
  TextPiece,
  Tool,
  ToolContext,
  ToolDeclaration,
  ToolProtocol,
} from './tool/tool.ts'
export type { PolicyStep } from './train/policy-step.ts'
export type { ResponseMask } from './train/remask.ts'
export { ReToolTrainer, type TrainOutput } from './train/retool-trainer.ts'
export type {
  Dataset,
  DatasetItem,
  DatasetRow,
  ReToolTrainerOptions,
  RewardFunction,
  RewardInput,
  TrainerArguments,
  TrainerCallback,
  TrainerOverrides,
} from './train/retool-trainer-options.ts'
export type { ToolCall, ToolOutput } from './trajectory/call.ts'
export { responseMask } from './trajectory/mask.ts'
export type { Completion, Finish, Policy, PolicySession, Sampling } from './trajectory/policy.ts'
export type {
  ContextSegment,
  PolicySegment,
  Segment,
  TokenId,
  ToolSegment,
} from './trajectory/segment.ts'
export type { Failure, LimitName, Stop, Trajectory } from './trajectory/trajectory.ts'
export { type Aggregation, aggregate, type MiniBatchTotals } from './update/aggregate.ts'
export { cispoLoss } from './update/cispo-loss.ts'
export { type Correction, correctionWeights } from './update/correction.ts'
export { gspoLoss } from './update/gspo-loss.ts'
export { type KlLossOptions, klLoss } from './update/kl-loss.ts'
export { type LearningRateSchedule, learningRate } from './update/learning-rate.ts'
export type { LoraOptions } from './update/lora.ts'
export { policyGradientLoss } from './update/policy-gradient-loss.ts'
export {
  type ClipRange,
  type PolicyLossInput,
  type PolicyLossOptions,
  policyLoss,
  type TokenLosses,
} from './update/policy-loss.ts'
export { samplingGap } from './update/sampling-gap.ts'
export type { UpdateReport } from './update/update-report.ts'
export { type ValueLossInput, valueLoss } from './update/value-loss.ts'
