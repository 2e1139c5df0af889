import { expect, test } from 'vitest'
import { chatPolicy } from '../src/policy/chat-policy.ts'
import { openPolicy } from '../src/policy/open-policy.ts'
import { writeTinyModel } from '../src/train/fixtures/tiny-model-folder.ts'
import { scratchFolder } from './scratch-folder.ts'

const asked = {
  messages: [{ role: 'user', content: 'Count.' }],
  temperature: 1,
  topP: 1,
  tokenLimit: 12,
  stopStrings: [],
  seed: 4,
} as const

test('a local model replies to messages: cut, stopped, without room', async () => {
  const folder = scratchFolder()
  writeTinyModel(folder)
  using policy = await openPolicy(folder, { cacheTokens: 256 })
  const model = chatPolicy(policy)
  const cut = await model.reply(asked)
  expect(cut).toMatchObject({ isCut: true, calls: [], completionTokens: 12 })
  const prompt = await policy.template.encode([...asked.messages], { addGenerationPrompt: true })
  expect(cut.promptTokens).toBe(prompt.length)
  expect(await model.reply(asked)).toEqual(cut)

  const stop = [...cut.text].slice(1).find((letter) => /[ -~]/.test(letter)) ?? 'none'
  const stopped = await model.reply({ ...asked, stopStrings: [stop] })
  expect(stopped.text).toBe(cut.text.slice(0, cut.text.indexOf(stop)))
  expect(stopped.isCut).toBe(false)

  const long = [{ role: 'user', content: 'x'.repeat(400) }] as const
  expect(await model.reply({ ...asked, messages: long })).toMatchObject({ text: '', isCut: true })
})
