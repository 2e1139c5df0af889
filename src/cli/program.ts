// The command line as a whole: one file per command, put together here.

import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { packageFile } from '../base/package-root.ts'
import { addChat } from './chat.ts'
import { addColdStartCommand } from './cold-start.ts'
import { addCompletion } from './completion.ts'
import { addConvert } from './convert.ts'
import { addDoctor } from './doctor.ts'
import { addEvaluateCommand } from './evaluate.ts'
import { addGradeCommand } from './grade.ts'
import { addNew } from './new.ts'
import { addProblemsCommand } from './problems.ts'
import { addQuickstart } from './quickstart.ts'
import { addRecipeCommand } from './recipe.ts'
import { addRunsCommand } from './runs.ts'
import { addSandbox } from './sandbox.ts'
import { addServe } from './serve.ts'
import { addSetup } from './setup.ts'
import { addSft } from './sft.ts'
import { addTrain } from './train.ts'
import { addViewCommand } from './view.ts'

/** In the order of the help. A command file loads what it needs inside its action, so that `--help` is quick. */
const commands: readonly ((program: Command) => void)[] = [
  addQuickstart,
  addNew,
  addProblemsCommand,
  addColdStartCommand,
  addSft,
  addTrain,
  addEvaluateCommand,
  addGradeCommand,
  addChat,
  addServe,
  addViewCommand,
  addRunsCommand,
  addRecipeCommand,
  addSandbox,
  addConvert,
  addDoctor,
  addSetup,
  addCompletion,
]

/** Errors of use are thrown as CommanderError instead of ending the process; see `reportError`. */
export function createProgram(): Command {
  const program = new Command('retool-rl')
    .description('Train language models to use tools by reinforcement learning')
    .version(packageVersion(), '-v, --version', 'print the version')
    .helpOption('-h, --help', 'show what a command does and takes')
    .helpCommand('help [command]', 'show what a command does and takes')
    .showHelpAfterError('(retool-rl --help lists the commands)')
    .configureHelp({ showGlobalOptions: false })
    .exitOverride()
  for (const add of commands) add(program)
  return program
}

function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(packageFile('package.json'), 'utf8')) as {
    version: string
  }
  return version
}
