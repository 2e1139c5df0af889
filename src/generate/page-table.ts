// Which pages of the cache hold what. Full pages are known by their tokens and all tokens before
// them, so that sequences with the same beginning share them; nothing here is a tensor.
//
//   root --[tokens 0..15]--> node, page 7 --[tokens 16..31]--> node, page 3
//
// A full page that no sequence uses stays findable until its place is needed; the one unused for
// longest goes first, and always before the pages that it goes on from.

import { invariant } from '../base/check.ts'
import type { TokenId } from '../trajectory/segment.ts'
import { pageSize } from './page.ts'

/** A full page whose keys and values are in the cache. */
export interface PageNode {
  readonly page: number
  readonly key: string
  /** The page before it; null at the beginning. */
  readonly parent: PageNode | null
  readonly children: Map<string, PageNode>
  /** Sequences that use it. */
  uses: number
}

/** Names a full page among those that go on from the same one. */
export function pageKey(tokens: readonly TokenId[]): string {
  invariant(tokens.length === pageSize, 'only full pages are shared')
  return tokens.join()
}

export class PageTable {
  readonly #free: number[]
  readonly #roots = new Map<string, PageNode>()
  /** In the order in which they fell out of use: a page always stands before its parent. */
  readonly #unused = new Set<PageNode>()

  constructor(readonly pages: number) {
    this.#free = Array.from({ length: pages }, (_, index) => pages - 1 - index)
  }

  /** Pages that `take` can give without taking any from a sequence. */
  get available(): number {
    return this.#free.length + this.#unused.size
  }

  /** An empty page for one sequence alone, or undefined where none is available. */
  take(): number | undefined {
    return this.#free.pop() ?? this.#reclaim()
  }

  /** Gives back a page that was never shared. */
  give(page: number): void {
    this.#free.push(page)
  }

  /** The page with this key after `parent`, now used once more; undefined where there is none. */
  adopt(parent: PageNode | null, key: string): PageNode | undefined {
    const node = this.#after(parent).get(key)
    if (node) {
      node.uses++
      this.#unused.delete(node)
    }
    return node
  }

  /**
   * Makes a page that has become full findable. Where another sequence has filled the same one
   * meanwhile, that one is used and this page given back.
   */
  share(parent: PageNode | null, key: string, page: number): PageNode {
    const known = this.adopt(parent, key)
    if (known) {
      this.give(page)
      return known
    }
    const node: PageNode = { page, key, parent, children: new Map(), uses: 1 }
    this.#after(parent).set(key, node)
    return node
  }

  /** A full page after `parent` that begins with these tokens, not used by it. */
  beginningWith(parent: PageNode | null, tokens: readonly TokenId[]): number | undefined {
    const beginning = `${tokens.join()},`
    for (const [key, { page }] of this.#after(parent)) if (key.startsWith(beginning)) return page
    return undefined
  }

  /** One use less of each; the pages of one sequence, in its order. */
  release(nodes: readonly PageNode[]): void {
    for (const node of [...nodes].reverse()) {
      invariant(node.uses > 0, 'a page is released once for each use')
      if (--node.uses === 0) this.#unused.add(node)
    }
  }

  /** Forgets all pages that no sequence uses: their keys and values are no longer valid. */
  forgetUnused(): void {
    for (let page = this.#reclaim(); page !== undefined; page = this.#reclaim()) this.give(page)
  }

  #after(parent: PageNode | null): Map<string, PageNode> {
    return parent ? parent.children : this.#roots
  }

  #reclaim(): number | undefined {
    const [node] = this.#unused
    if (!node) return undefined
    invariant(node.children.size === 0, 'a page goes before the pages that it goes on from')
    this.#unused.delete(node)
    this.#after(node.parent).delete(node.key)
    return node.page
  }
}
