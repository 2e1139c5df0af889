// Sequences with common beginnings as a tree of token runs, each beginning once: the trajectories of
// a group share their prompt, and all prompts share the protocol's instructions.
//
//   [7, 7, 1, 2], [7, 7, 1, 3], [7, 7, 5]   (shared runs of at least two tokens)
//   0: [7, 7]   1: [1, 2] after 0   2: [1, 3] after 0   3: [5] after 0

import type { Branch } from '../model/attention.ts'

export interface TreeBranch extends Branch {
  readonly tokens: readonly number[]
}

export interface PrefixTree {
  /** Parents come before their children. */
  readonly branches: readonly TreeBranch[]
  /** Per sequence its branches from the root down; laid end to end they are the sequence. */
  readonly paths: readonly (readonly number[])[]
}

/** Shorter common runs stay with each sequence: a branch of its own would cost more. */
const shortestShared = 16

interface Growing {
  readonly branches: TreeBranch[]
  readonly paths: number[][]
}

/** A set of sequences that agree on their first `depth` tokens, below `parent`. */
interface Bundle {
  readonly members: readonly number[]
  readonly depth: number
  readonly parent: number | null
}

export function prefixTree(
  sequences: readonly (readonly number[])[],
  least = shortestShared,
): PrefixTree {
  const tree: Growing = { branches: [], paths: sequences.map(() => []) }
  const open: Bundle[] = [{ members: [...sequences.keys()], depth: 0, parent: null }]
  for (let bundle = open.pop(); bundle; bundle = open.pop()) {
    const { members, parent } = bundle
    const common = commonLength(sequences, members, bundle.depth)
    const isShared = members.length > 1 && common - bundle.depth >= least
    const ends = members.filter((member) => (sequences[member]?.length ?? 0) === common)
    if (isShared || members.length === 1) {
      const tokens = sequences[members[0] as number]?.slice(bundle.depth, common) ?? []
      const branch = grow(tree, tokens, parent)
      if (branch !== null) for (const member of members) tree.paths[member]?.push(branch)
      const below = { depth: common, parent: branch ?? parent }
      open.push(...parted(sequences, members, common).map((part) => ({ ...below, members: part })))
    } else {
      // Too short to share: every part carries the common run itself.
      const parts = [...parted(sequences, members, common), ...ends.map((member) => [member])]
      open.push(...parts.map((part) => ({ ...bundle, members: part })))
    }
  }
  return tree
}

function grow(tree: Growing, tokens: readonly number[], parent: number | null): number | null {
  if (tokens.length === 0) return null
  tree.branches.push({ tokens, length: tokens.length, parent })
  return tree.branches.length - 1
}

/** How many first tokens all members have in common, knowing that `depth` are. */
function commonLength(
  sequences: readonly (readonly number[])[],
  members: readonly number[],
  depth: number,
): number {
  const first = sequences[members[0] ?? 0] ?? []
  let common = first.length
  for (const member of members.slice(1)) {
    const other = sequences[member] ?? []
    let length = depth
    while (length < common && length < other.length && first[length] === other[length]) length++
    common = length
  }
  return common
}

/** The members that go on after `depth` tokens, by their next token; the last part comes first. */
function parted(
  sequences: readonly (readonly number[])[],
  members: readonly number[],
  depth: number,
): number[][] {
  const parts = new Map<number, number[]>()
  for (const member of members) {
    const next = sequences[member]?.[depth]
    if (next === undefined) continue
    const part = parts.get(next)
    if (part) part.push(member)
    else parts.set(next, [member])
  }
  return [...parts.values()].reverse()
}
