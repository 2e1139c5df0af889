// What the policy of a recipe may call, and how it spells its calls.

import type { TrainRecipe } from '../config/train-recipe.ts'
import { createSandbox } from '../sandbox/create-sandbox.ts'
import type { ChatTemplate } from '../tool/chat-template.ts'
import { hermesProtocol } from '../tool/hermes-protocol.ts'
import { interpreter } from '../tool/interpreter.ts'
import { reToolProtocol } from '../tool/retool-protocol.ts'
import type { Tool, ToolProtocol } from '../tool/tool.ts'

export interface RecipeTools extends AsyncDisposable {
  readonly tools: readonly Tool[]
}

/** Starts a sandbox where the recipe has the interpreter; own tools are used as they are. */
export async function openRecipeTools(
  recipe: Pick<TrainRecipe, 'tools' | 'interpreter' | 'seed'>,
): Promise<RecipeTools> {
  const sandbox = recipe.tools.includes('interpreter') ? await createSandbox() : null
  const { mode, timeoutMs } = recipe.interpreter
  const tools = recipe.tools.flatMap((one) => {
    if (one !== 'interpreter') return [one]
    return sandbox ? [interpreter(sandbox, { mode, seed: recipe.seed, limits: { timeoutMs } })] : []
  })
  return {
    tools,
    async [Symbol.asyncDispose]() {
      for (const tool of tools) await tool.close?.()
      await sandbox?.close()
    },
  }
}

/** The protocol by name, for a model with this chat template. */
export function recipeProtocol(
  name: TrainRecipe['protocol'],
): (template: ChatTemplate) => ToolProtocol {
  return name === 'hermes' ? hermesProtocol : () => reToolProtocol
}
