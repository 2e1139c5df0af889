// The teacher that the flags name: a model behind a server, or one on this machine.

import { UserError } from '../../base/errors.ts'
import { Teacher, type TeacherOptions } from '../../cold-start/teacher.ts'
import type { ChatModel } from '../../trajectory/chat-model.ts'
import type { ColdStartFlags } from './flags.ts'

export interface OpenTeacher extends AsyncDisposable {
  readonly teacher: Teacher
}

const serverReplyMs = 600_000

/** Null where no flag names one. */
export async function openTeacher(flags: ColdStartFlags): Promise<OpenTeacher | null> {
  const { teacher: named, costLimit, requestsPerMinute, teacherTokens, temperature } = flags
  const isServer = named !== undefined && /^https?:\/\//.test(named)
  refuseWithoutEffect(flags, isServer)
  if (named === undefined) return null
  const { model, close } = isServer ? await serverModel(named, flags) : await localModel(named)
  const { promptPrice, completionPrice } = flags
  const hasPrices = promptPrice !== undefined && completionPrice !== undefined
  const options: TeacherOptions = {
    model,
    ledger: `${flags.output}.replies.jsonl`,
    ...(isServer && { timeoutMs: serverReplyMs }),
    ...(temperature !== undefined && { temperature }),
    ...(teacherTokens !== undefined && { tokenLimit: teacherTokens }),
    ...(hasPrices && { prices: { prompt: promptPrice, completion: completionPrice } }),
    ...(costLimit !== undefined && { costLimit }),
    ...(requestsPerMinute !== undefined && { requestsPerMinute }),
  }
  return { teacher: await Teacher.open(options), [Symbol.asyncDispose]: close }
}

const ofTeachers = ['teacherTokens', 'temperature'] as const
const ofServers = [
  'model',
  'costLimit',
  'requestsPerMinute',
  'promptPrice',
  'completionPrice',
] as const

function refuseWithoutEffect(flags: ColdStartFlags, isServer: boolean): void {
  const refuse = (names: readonly (keyof ColdStartFlags)[], lacking: string) => {
    const without = names.find((name) => flags[name] !== undefined)
    if (without) throw new UserError(`--${kebab(without)} has no effect without ${lacking}`, 2)
  }
  if (flags.teacher !== undefined && !(flags.tools && flags.withoutCode === 0)) {
    throw new UserError('text alone is written by rule: leave out --teacher, or the other flag', 2)
  }
  if (flags.teacher === undefined) refuse([...ofServers, ...ofTeachers], '--teacher')
  else if (!isServer) refuse(ofServers, 'a server as --teacher')
  else if (flags.model === undefined) throw new UserError('a server as --teacher needs --model', 2)
}

interface OpenedModel {
  readonly model: ChatModel
  readonly close: () => Promise<void>
}

async function serverModel(url: string, { model = '' }: ColdStartFlags): Promise<OpenedModel> {
  const { chatServer } = await import('../../generate/remote/chat-server.ts')
  const apiKey = process.env['RETOOL_TEACHER_KEY']
  const server = chatServer({ url, model, ...(apiKey && { apiKey }) })
  return { model: server, close: () => server.close() }
}

async function localModel(reference: string): Promise<OpenedModel> {
  const { openPolicy } = await import('../../policy/open-policy.ts')
  const { chatPolicy } = await import('../../policy/chat-policy.ts')
  const policy = await openPolicy(reference)
  return { model: chatPolicy(policy), close: async () => policy[Symbol.dispose]() }
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}
