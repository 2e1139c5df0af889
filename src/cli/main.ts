// Entry of the command line.

import { endQuietlyOnClosedPipe } from './closed-pipe.ts'
import { createProgram } from './program.ts'
import { reportError } from './report-error.ts'

endQuietlyOnClosedPipe()
try {
  const program = createProgram()
  if (process.argv.length > 2) await program.parseAsync()
  else program.outputHelp()
} catch (error) {
  process.exitCode = reportError(error)
}
