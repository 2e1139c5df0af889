// The interpreter as a prompt names it, for work that spells conversations and runs nothing.

import { interpreterName } from '../tool/retool-protocol.ts'
import type { Tool } from '../tool/tool.ts'

export const interpreterWords: Tool = {
  name: interpreterName,
  description: 'Runs a complete Python script and returns what it prints.',
  parameters: { type: 'object' },
  call() {
    throw new Error('defect: a tool that only lends its name was called')
  },
}
