// Completion for bash: the words of the command that stands before the cursor, else file names.

import type { CommandNode } from './command-tree.ts'

export function bashScript(tree: readonly CommandNode[]): string {
  const cases = tree.map(({ path, subcommands, options, choices }) => {
    const plain = [...subcommands.map(({ text }) => text), ...choices].join(' ')
    const dashed = options.map(({ text }) => text).join(' ')
    return `    '${path.join(' ')}') plain='${plain}'; dashed='${dashed}' ;;`
  })
  return `# bash completion for retool-rl
_retool_rl() {
  local current="\${COMP_WORDS[COMP_CWORD]}" path='' plain='' dashed='' word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$path \${word}" in
${knownPaths(tree)}
    esac
  done
  case "$path" in
${cases.join('\n')}
  esac
  if [[ $current == -* ]]; then
    COMPREPLY=($(compgen -W "$dashed" -- "$current"))
  else
    COMPREPLY=($(compgen -W "$plain" -- "$current"))
  fi
}
complete -o default -F _retool_rl retool-rl
`
}

function knownPaths(tree: readonly CommandNode[]): string {
  return tree
    .filter(({ path }) => path.length > 0)
    .map(({ path }) => {
      const before = path.slice(0, -1).join(' ')
      return `      '${before} ${path.at(-1)}') path='${path.join(' ')}' ;;`
    })
    .join('\n')
}
