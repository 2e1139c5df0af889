// `retool-rl sandbox`: runs a program in the sandbox, or serves it to others.

import type { Command } from 'commander'
import { withExamples } from './example.ts'

export function addSandbox(program: Command): void {
  const sandbox = program
    .command('sandbox')
    .description('run untrusted Python in isolation, here or as a server')
  addRun(sandbox)
  addServe(sandbox)
  withExamples(sandbox, 'retool-rl sandbox run solve.py', 'retool-rl sandbox serve --port 8080')
}

function addRun(sandbox: Command): void {
  const command = sandbox
    .command('run <file>')
    .description('run one program ("-" reads it from standard input) and print its text')
    .option('--json', 'print one line of JSON instead of the text')
    .option('--timeout-ms <number>', 'most wall time of the run', '10000')
    .option('--memory-mb <number>', 'most memory', '512')
    .option('--seed <number>', 'seed of random, numpy and sympy')
    .option('--stdin <file>', "the program's standard input")
    .option('--tier <name>', 'exactly this isolation: ns-root, ns-user, landlock or unsafe')
    .option('--python <path>', 'interpreter that runs the program')
    .option('--preload <modules>', 'comma-separated modules imported before the first program')
    .option('--server <url...>', 'run it on these sandbox servers instead of here')
    .option('--token <text>', 'token of the servers')
    .option('--repeat <number>', 'run it many times and print rates and latencies')
    .option('--concurrency <number>', 'programs in flight with --repeat (16)')
    .action(async (file: string, options: Record<string, string>) => {
      const { runProgram } = await import('./sandbox/run-program.ts')
      process.exitCode = await runProgram(file, options)
    })
  withExamples(
    command,
    'retool-rl sandbox run solve.py --json',
    'echo "print(1)" | retool-rl sandbox run - --repeat 1000 --concurrency 16',
  )
}

function addServe(sandbox: Command): void {
  const command = sandbox
    .command('serve')
    .description("serve the sandbox over HTTP; also speaks SandboxFusion's /run_code")
    .option('--host <address>', 'address to serve on', '127.0.0.1')
    .option('--port <number>', 'port; 0 takes a free one', '8080')
    .option('--token <text>', 'token that requests must carry; needed where others can reach it')
    .option('--no-token', 'serve an address that others reach without a token')
    .option('--tier <name>', 'exactly this isolation: ns-root, ns-user, landlock or unsafe')
    .option('--python <path>', 'interpreter that runs the programs')
    .option('--workers <number>', 'worker processes (default: one per core)')
    .option('--slots <number>', 'programs at a time in each worker', '3')
    .option('--queue <number>', 'programs that may wait', '10000')
    .option('--memory-mb <number>', 'most memory of a program', '512')
    .option('--preload <modules>', 'comma-separated modules imported before the first program')
    .action(async (options: Record<string, string | boolean>) => {
      const { serveSandbox } = await import('./sandbox/serve-sandbox.ts')
      await serveSandbox(options)
    })
  withExamples(
    command,
    'retool-rl sandbox serve --port 8080',
    'retool-rl sandbox serve --host 0.0.0.0 --token "$SANDBOX_TOKEN"',
  )
}
