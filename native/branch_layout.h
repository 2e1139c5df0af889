// How branches of a packed batch lie: cut into blocks of keys and chunks of queries, each with what it
// may look at.
#pragma once

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "small_product.h"

namespace retool {

/// Keys of a block, and queries of a chunk: their scores stay in the first cache.
constexpr int64_t kKeys = 64;
constexpr int64_t kQueries = 48;

/// Tokens of one branch; `first` counts from the beginning of the branch.
struct Piece {
  int64_t start, first, count;
};

struct Branch {
  int64_t start, length, root;
  /// The branch's ancestors from the root down, and itself last.
  std::vector<int64_t> chain;
  /// Its first block among those of all branches, and how many it has.
  int64_t firstBlock, blocks;
};

/// How the tokens lie.
struct Layout {
  std::vector<Branch> branches;
  std::vector<Piece> blocks;
  /// Per chunk of queries its branch.
  std::vector<std::pair<int64_t, Piece>> chunks;
  std::vector<int64_t> roots;

  Layout(at::IntArrayRef lengths, at::IntArrayRef parents, int64_t tokens) {
    TORCH_CHECK(lengths.size() == parents.size(), "each branch needs a length and a parent");
    int64_t start = 0;
    for (size_t b = 0; b < lengths.size(); ++b) {
      const int64_t parent = parents[b], length = lengths[b], own = static_cast<int64_t>(b);
      TORCH_CHECK(length >= 0 && parent < own, "branch ", b, ": parents come before their children");
      Branch branch{start, length, own, {}, static_cast<int64_t>(blocks.size()), 0};
      if (parent >= 0) {
        branch.root = branches[parent].root;
        branch.chain = branches[parent].chain;
      } else {
        roots.push_back(own);
      }
      branch.chain.push_back(own);
      for (int64_t first = 0; first < length; first += kKeys) {
        blocks.push_back({start + first, first, std::min(kKeys, length - first)});
        branch.blocks++;
      }
      for (int64_t first = 0; first < length; first += kQueries) {
        chunks.push_back({own, {start + first, first, std::min(kQueries, length - first)}});
      }
      branches.push_back(std::move(branch));
      start += length;
    }
    TORCH_CHECK(start == tokens, "the branches have ", start, " tokens, not ", tokens);
  }

  /// Calls `body` with each block that the chunk looks at, the block's index, and whether it is of
  /// the chunk's own branch.
  template <typename Body>
  void eachBlock(int64_t branch, const Piece& chunk, Body body) const {
    for (const int64_t link : branches[branch].chain) {
      const Branch& from = branches[link];
      for (int64_t i = from.firstBlock; i < from.firstBlock + from.blocks; ++i) {
        const bool own = link == branch;
        if (own && blocks[i].first >= chunk.first + chunk.count) break;
        body(blocks[i], i, own);
      }
    }
  }
};

/// How many keys of a block a query of the chunk sees: all, or those up to itself.
inline int64_t seenBy(int64_t row, const Piece& chunk, const Piece& block, bool own) {
  if (!own) return block.count;
  return std::clamp<int64_t>(chunk.first + row - block.first + 1, 0, block.count);
}

/// As many keys as the last query of the chunk sees, in whole vectors.
inline int64_t columnsOf(const Piece& chunk, const Piece& block, bool own) {
  const int64_t most = seenBy(chunk.count - 1, chunk, block, own);
  return (most + kColumns - 1) / kColumns * kColumns;
}

}  // namespace retool
