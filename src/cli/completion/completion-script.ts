// Completion scripts for bash, zsh and fish from the tree of commands.

import { bashScript } from './bash-script.ts'
import type { CommandNode } from './command-tree.ts'
import { fishScript } from './fish-script.ts'
import { zshScript } from './zsh-script.ts'

export const shells = ['bash', 'zsh', 'fish'] as const

const writers = { bash: bashScript, zsh: zshScript, fish: fishScript }

export function completionScript(
  shell: (typeof shells)[number],
  tree: readonly CommandNode[],
): string {
  return writers[shell](tree)
}
