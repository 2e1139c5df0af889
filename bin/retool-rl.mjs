#!/usr/bin/env node
// Starts the command line: from the sources in a clone (through tsx), from dist/ in an installed package.
import { existsSync } from 'node:fs'
import { register as registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'

const oldest = 20
const source = new URL('../src/cli/main.ts', import.meta.url)
const inClone = existsSync(fileURLToPath(source))

/** @param {string} message */
function refuse(message) {
  process.stderr.write(`retool-rl: ${message}\n`)
  process.exit(1)
}

if (Number(process.versions.node.split('.')[0]) < oldest) {
  refuse(
    `Node.js ${oldest} or newer is needed, this is ${process.versions.node} (${process.execPath}).`,
  )
} else if (!inClone) {
  await import(new URL('../dist/src/cli/main.js', import.meta.url).href)
} else if (existsSync(fileURLToPath(new URL('../node_modules/tsx', import.meta.url)))) {
  const { register } = await import('tsx/esm/api')
  register()
  // A recipe elsewhere that imports the package means these sources, not a build of them.
  registerHooks(new URL('own-name.mjs', import.meta.url))
  await import(source.href)
} else {
  refuse('the npm packages are not installed yet; run: npm run setup')
}
