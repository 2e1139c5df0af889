// Completion for zsh, with descriptions.

import type { CommandNode, Word } from './command-tree.ts'

export function zshScript(tree: readonly CommandNode[]): string {
  const paths = tree
    .filter(({ path }) => path.length > 0)
    .map(
      ({ path }) =>
        `      '${path.slice(0, -1).join(' ')} ${path.at(-1)}') place='${path.join(' ')}' ;;`,
    )
  const cases = tree.map(({ path, subcommands, options, choices }) => {
    const plain = [...subcommands, ...choices.map((text) => ({ text, description: '' }))]
    return `    '${path.join(' ')}') plain=(${described(plain)}); dashed=(${described(options)}) ;;`
  })
  return `#compdef retool-rl
_retool-rl() {
  local place='' word
  local -a plain dashed
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$place $word" in
${paths.join('\n')}
    esac
  done
  case "$place" in
${cases.join('\n')}
  esac
  if [[ \${words[CURRENT]} == -* ]]; then
    _describe 'option' dashed
  elif (( \${#plain} )); then
    _describe 'command' plain
  else
    _files
  fi
}
if [[ \${funcstack[1]} == _retool-rl ]]; then _retool-rl "$@"; else compdef _retool-rl retool-rl; fi
`
}

/** Entries of `_describe`: a colon parts the word from its description. */
function described(words: readonly Word[]): string {
  return words
    .map(({ text, description }) => quote(`${text.replaceAll(':', '\\:')}:${description}`))
    .join(' ')
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
