// Completion for fish, with descriptions.

import type { CommandNode } from './command-tree.ts'

export function fishScript(tree: readonly CommandNode[]): string {
  const cases = tree
    .filter(({ path }) => path.length > 0)
    .map(({ path }) => {
      const before = path.slice(0, -1).join(' ')
      return `      case '${before} ${path.at(-1)}'\n        set place '${path.join(' ')}'`
    })
  const lines = tree.flatMap(({ path, subcommands, options, choices }) => {
    const at = `complete -c retool-rl -n '__retool_rl_place "${path.join(' ')}"'`
    return [
      ...subcommands.map(({ text, description }) => `${at} -f -a ${text} -d ${quote(description)}`),
      ...choices.map((text) => `${at} -f -a ${text}`),
      ...options.map(({ text, description }) => `${at} ${flag(text)} -d ${quote(description)}`),
    ]
  })
  return `# fish completion for retool-rl
function __retool_rl_place
  set -l place ''
  set -l words (commandline -opc)
  for word in $words[2..]
    switch "$place $word"
${cases.join('\n')}
    end
  end
  test "$place" = "$argv[1]"
end
${lines.join('\n')}
`
}

function flag(option: string): string {
  return option.startsWith('--') ? `-l ${option.slice(2)}` : `-s ${option.slice(1)}`
}

function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}
