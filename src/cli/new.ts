// `retool-rl new`: a project of one's own, with a tool, problems and a reward to begin from.

import type { Command } from 'commander'
import { withExamples } from './example.ts'

export function addNew(program: Command): void {
  const command = program
    .command('new <folder>')
    .description('make a small project of your own: a tool, problems, a reward, a recipe, a test')
    .option('--json', 'print what was made as JSON')
    .action(async (folder: string, flags: { readonly json?: true }) => {
      const { newProject } = await import('./new/new-project.ts')
      process.stdout.write(newProject(folder, flags))
    })
  withExamples(command, 'retool-rl new my-project', 'cd my-project && npm install && npm run train')
}
