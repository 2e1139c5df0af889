// The set-up program: runs before `npm run quickstart` and `npm test`, and as `npm run setup`.
// Only old syntax here, so that an old Node reads it far enough to say what is wrong.

const oldest = 20
const major = Number(process.versions.node.split('.')[0])

if (major < oldest) {
  process.stderr.write(
    `set-up: Node.js ${oldest} or newer is needed, this is ${process.versions.node} (${process.execPath}).\n` +
      'Install a newer one: Debian and Ubuntu: apt-get install nodejs (where the release has 20 or newer),\n' +
      'macOS: brew install node, or any version manager: nvm install 20.\n',
  )
  process.exit(1)
} else {
  import('./command.mjs').then((command) => command.runSetup())
}
