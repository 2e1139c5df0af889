// Attention of a training step over sequences that lie end to end, common beginnings once, and its
// gradient. Nothing of [tokens, tokens] is stored: blocks of 64 keys pass by a chunk of queries,
// with a running maximum on the way there and the stored log-sum-exp on the way back. All in
// float32, whatever the dtype.
//
// Letters: T tokens, N heads, K key/value heads, D head size.
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include <atomic>
#include <cmath>
#include <limits>
#include <vector>

#include "kernel.h"
#include "small_product.h"

namespace retool {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

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
int64_t seenBy(int64_t row, const Piece& chunk, const Piece& block, bool own) {
  if (!own) return block.count;
  return std::clamp<int64_t>(chunk.first + row - block.first + 1, 0, block.count);
}

/// As many keys as the last query of the chunk sees, in whole vectors.
int64_t columnsOf(const Piece& chunk, const Piece& block, bool own) {
  const int64_t most = seenBy(chunk.count - 1, chunk, block, own);
  return (most + kColumns - 1) / kColumns * kColumns;
}

/// The heads [T, heads, D] in float32, block by block: as rows [keys, D], or as columns [D, keys]
/// with zeros after the last key.
template <typename T>
std::vector<float> packed(const at::Tensor& heads, const Layout& layout, bool asColumns) {
  const int64_t count = heads.size(1), size = heads.size(2);
  const int64_t blocks = static_cast<int64_t>(layout.blocks.size()), all = kKeys * size;
  std::vector<float> target(blocks * count * all, 0.0f);
  const T* from = heads.const_data_ptr<T>();
  at::parallel_for(0, blocks * count, 4, [&](int64_t begin, int64_t end) {
    std::vector<float> row(size);
    for (int64_t task = begin; task < end; ++task) {
      const Piece& block = layout.blocks[task % blocks];
      const int64_t head = task / blocks;
      float* to = target.data() + task * all;
      for (int64_t key = 0; key < block.count; ++key) {
        const T* source = from + ((block.start + key) * count + head) * size;
        float* wide = asColumns ? row.data() : to + key * size;
        widenRow(source, wide, size);
        if (!asColumns) continue;
        for (int64_t d = 0; d < size; ++d) to[d * kKeys + key] = wide[d];
      }
    }
  });
  return target;
}

/// Rows of one head out of [T, N, D], times `scale`.
template <typename T>
void gatherRows(const T* from, int64_t stride, const Piece& piece, int64_t size, float scale,
                float* target) {
  for (int64_t row = 0; row < piece.count; ++row) {
    float* to = target + row * size;
    widenRow(from + (piece.start + row) * stride, to, size);
#pragma omp simd
    for (int64_t d = 0; d < size; ++d) to[d] *= scale;
  }
}

template <typename T>
void scatterRows(const float* from, const Piece& piece, int64_t size, T* target, int64_t stride) {
  for (int64_t row = 0; row < piece.count; ++row) {
    narrowRow(from + row * size, target + (piece.start + row) * stride, size);
  }
}

/// Runs tasks on all threads, each taking the next one; tasks do not depend on one another.
template <typename Body>
void eachTask(int64_t tasks, Body body) {
  std::atomic<int64_t> next{0};
  at::parallel_for(0, std::min<int64_t>(tasks, at::get_num_threads()), 1, [&](int64_t begin, int64_t end) {
    for (int64_t worker = begin; worker < end; ++worker) {
      for (int64_t task = next++; task < tasks; task = next++) body(task);
    }
  });
}

/// Scores of a block into weights under the running maximum; shrinks what was summed before.
void weigh(float* scores, int64_t seen, int64_t columns, float& top, float& total, float* sum,
           int64_t size) {
  float greatest = top;
#pragma omp simd reduction(max : greatest)
  for (int64_t i = 0; i < seen; ++i) greatest = scores[i] > greatest ? scores[i] : greatest;
  if (greatest > top) {
    const float shrink = std::exp(top - greatest);
    total *= shrink;
#pragma omp simd
    for (int64_t d = 0; d < size; ++d) sum[d] *= shrink;
    top = greatest;
  }
  float added = 0;
#pragma omp simd reduction(+ : added)
  for (int64_t i = 0; i < seen; ++i) {
    scores[i] = fastExp(scores[i] - greatest);
    added += scores[i];
  }
  for (int64_t i = seen; i < columns; ++i) scores[i] = 0;
  total += added;
}

template <typename T>
void forwardAll(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                const Layout& layout, at::Tensor& seen, at::Tensor& totals) {
  const int64_t heads = query.size(1), size = query.size(2), group = heads / key.size(1);
  const int64_t blocks = static_cast<int64_t>(layout.blocks.size()), all = kKeys * size;
  const int64_t chunks = static_cast<int64_t>(layout.chunks.size());
  const std::vector<float> keys = packed<T>(key, layout, true);
  const std::vector<float> values = packed<T>(value, layout, false);
  const float scale = 1.0f / std::sqrt(static_cast<float>(size));
  eachTask(chunks * heads, [&](int64_t task) {
    const auto& [branch, chunk] = layout.chunks[task % chunks];
    const int64_t head = task / chunks, kvHead = head / group;
    std::vector<float> queries(kQueries * size), sums(kQueries * size, 0.0f), scores(kQueries * kKeys);
    std::vector<float> top(kQueries, -std::numeric_limits<float>::infinity()), total(kQueries, 0.0f);
    gatherRows(query.const_data_ptr<T>() + head * size, heads * size, chunk, size, scale, queries.data());
    layout.eachBlock(branch, chunk, [&](const Piece& block, int64_t index, bool own) {
      const int64_t place = (kvHead * blocks + index) * all;
      const int64_t columns = columnsOf(chunk, block, own);
      product({queries.data(), size, 1}, {keys.data() + place, kKeys}, {scores.data(), kKeys},
              {chunk.count, size, columns}, false);
      for (int64_t row = 0; row < chunk.count; ++row) {
        weigh(scores.data() + row * kKeys, seenBy(row, chunk, block, own), columns, top[row], total[row],
              sums.data() + row * size, size);
      }
      product({scores.data(), kKeys, 1}, {values.data() + place, size}, {sums.data(), size},
              {chunk.count, std::min(columns, block.count), size}, true);
    });
    for (int64_t row = 0; row < chunk.count; ++row) {
      const float share = 1.0f / total[row];
#pragma omp simd
      for (int64_t d = 0; d < size; ++d) sums[row * size + d] *= share;
      totals.data_ptr<float>()[(chunk.start + row) * heads + head] = top[row] + std::log(total[row]);
    }
    scatterRows(sums.data(), chunk, size, seen.data_ptr<T>() + head * size, heads * size);
  });
}

/// What one query head gives to the gradients of its keys and values: float32, [N, T, D] each.
struct HeadSums {
  std::vector<float> keys, values;
};

/// With P = e^(S - total): dV = P^T dO, dS = P (dO V^T - delta), dQ = dS K, dK = dS^T Q, where delta
/// is the sum of dO O over a row and Q carries the scale.
template <typename T>
struct Backward {
  const at::Tensor &query, &seen, &totals, &gradient;
  const Layout& layout;
  std::vector<float> keyRows, keyColumns, valueColumns;
  int64_t tokens, heads, size, group, blocks;
  HeadSums sums;
  T* queryGradient;

  void chunk(int64_t head, int64_t branch, const Piece& chunk) {
    const int64_t stride = heads * size, all = kKeys * size, kvHead = head / group;
    const float scale = 1.0f / std::sqrt(static_cast<float>(size));
    std::vector<float> q(kQueries * size), slope(kQueries * size), seenRows(kQueries * size);
    std::vector<float> weights(kQueries * kKeys), slopes(kQueries * kKeys), sum(kQueries * size, 0.0f);
    std::vector<float> delta(kQueries);
    gatherRows(query.const_data_ptr<T>() + head * size, stride, chunk, size, scale, q.data());
    gatherRows(gradient.const_data_ptr<T>() + head * size, stride, chunk, size, 1.0f, slope.data());
    gatherRows(seen.const_data_ptr<T>() + head * size, stride, chunk, size, 1.0f, seenRows.data());
    for (int64_t row = 0; row < chunk.count; ++row) {
      float part = 0;
#pragma omp simd reduction(+ : part)
      for (int64_t d = 0; d < size; ++d) part += slope[row * size + d] * seenRows[row * size + d];
      delta[row] = part;
    }
    layout.eachBlock(branch, chunk, [&](const Piece& block, int64_t index, bool own) {
      const int64_t place = (kvHead * blocks + index) * all;
      const int64_t columns = columnsOf(chunk, block, own), count = std::min(columns, block.count);
      product({q.data(), size, 1}, {keyColumns.data() + place, kKeys}, {weights.data(), kKeys},
              {chunk.count, size, columns}, false);
      product({slope.data(), size, 1}, {valueColumns.data() + place, kKeys}, {slopes.data(), kKeys},
              {chunk.count, size, columns}, false);
      for (int64_t row = 0; row < chunk.count; ++row) {
        const float total = totals.const_data_ptr<float>()[(chunk.start + row) * heads + head];
        float* p = weights.data() + row * kKeys;
        float* s = slopes.data() + row * kKeys;
        const int64_t visible = seenBy(row, chunk, block, own);
        const float d = delta[row];
#pragma omp simd
        for (int64_t i = 0; i < visible; ++i) {
          p[i] = fastExp(p[i] - total);
          s[i] = p[i] * (s[i] - d);
        }
        for (int64_t i = visible; i < columns; ++i) p[i] = s[i] = 0;
      }
      const int64_t target = (head * tokens + block.start) * size;
      product({weights.data(), 1, kKeys}, {slope.data(), size}, {sums.values.data() + target, size},
              {count, chunk.count, size}, true);
      product({slopes.data(), 1, kKeys}, {q.data(), size}, {sums.keys.data() + target, size},
              {count, chunk.count, size}, true);
      product({slopes.data(), kKeys, 1}, {keyRows.data() + place, size}, {sum.data(), size},
              {chunk.count, count, size}, true);
    });
#pragma omp simd
    for (int64_t i = 0; i < kQueries * size; ++i) sum[i] *= scale;
    scatterRows(sum.data(), chunk, size, queryGradient + head * size, stride);
  }
};

/// [N, T, D] -> [T, K, D]: what the query heads of each key head gave, added in their order.
template <typename T>
void addGroups(const std::vector<float>& sums, int64_t heads, at::Tensor& target) {
  const int64_t tokens = target.size(0), kvHeads = target.size(1), size = target.size(2);
  const int64_t group = heads / kvHeads;
  T* to = target.data_ptr<T>();
  at::parallel_for(0, tokens, 64, [&](int64_t begin, int64_t end) {
    std::vector<float> row(size);
    for (int64_t token = begin; token < end; ++token) {
      for (int64_t kvHead = 0; kvHead < kvHeads; ++kvHead) {
        std::fill(row.begin(), row.end(), 0.0f);
        for (int64_t g = 0; g < group; ++g) {
          const float* from = sums.data() + ((kvHead * group + g) * tokens + token) * size;
#pragma omp simd
          for (int64_t d = 0; d < size; ++d) row[d] += from[d];
        }
        narrowRow(row.data(), to + (token * kvHeads + kvHead) * size, size);
      }
    }
  });
}

void checkHeads(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value) {
  TORCH_CHECK(query.dim() == 3 && key.dim() == 3 && key.sizes() == value.sizes() &&
                  key.size(0) == query.size(0) && key.size(2) == query.size(2) &&
                  key.size(1) > 0 && query.size(1) % key.size(1) == 0,
              "tree_attention: query ", query.sizes(), ", key ", key.sizes(), ", value ", value.sizes());
  TORCH_CHECK(query.size(2) % kColumns == 0, "tree_attention takes head sizes of whole sixteens");
  TORCH_CHECK(key.scalar_type() == query.scalar_type() && value.scalar_type() == query.scalar_type() &&
                  query.is_contiguous() && key.is_contiguous() && value.is_contiguous(),
              "tree_attention takes contiguous tensors of one dtype");
}

/// query [T, N, D], key and value [T, K, D], branches laid end to end with their parents' indices (-1
/// for none) -> what each token saw of itself, its branch before it and its ancestors, [T, N, D], and
/// the log-sum-exp of its scores, [T, N], float32.
std::tuple<at::Tensor, at::Tensor> treeAttention(const at::Tensor& query, const at::Tensor& key,
                                                 const at::Tensor& value, at::IntArrayRef lengths,
                                                 at::IntArrayRef parents) {
  checkHeads(query, key, value);
  const Layout layout(lengths, parents, query.size(0));
  at::Tensor seen = at::empty_like(query);
  at::Tensor totals = at::empty({query.size(0), query.size(1)}, query.options().dtype(at::kFloat));
  withElementType(query, "tree_attention", [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    forwardAll<T>(query, key, value, layout, seen, totals);
  });
  return {seen, totals};
}

variable_list treeAttentionBackward(const variable_list& saved, const at::Tensor& given,
                                    at::IntArrayRef lengths, at::IntArrayRef parents) {
  const at::Tensor &query = saved[0], &key = saved[1], &value = saved[2];
  const at::Tensor gradient = given.contiguous();
  const Layout layout(lengths, parents, query.size(0));
  const int64_t heads = query.size(1), size = query.size(2), tokens = query.size(0);
  at::Tensor queryGradient = at::empty_like(query);
  at::Tensor keyGradient = at::empty_like(key), valueGradient = at::empty_like(value);
  withElementType(query, "tree_attention's gradient", [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    const size_t all = static_cast<size_t>(heads * tokens * size);
    Backward<T> backward{query,
                         saved[3],
                         saved[4],
                         gradient,
                         layout,
                         packed<T>(key, layout, false),
                         packed<T>(key, layout, true),
                         packed<T>(value, layout, true),
                         tokens,
                         heads,
                         size,
                         heads / key.size(1),
                         static_cast<int64_t>(layout.blocks.size()),
                         {std::vector<float>(all, 0.0f), std::vector<float>(all, 0.0f)},
                         queryGradient.data_ptr<T>()};
    // One task adds up all of a tree for one head, in one order whatever the number of threads.
    const int64_t roots = static_cast<int64_t>(layout.roots.size());
    eachTask(roots * heads, [&](int64_t task) {
      const int64_t root = layout.roots[task % roots];
      for (const auto& [branch, chunk] : layout.chunks) {
        if (layout.branches[branch].root == root) backward.chunk(task / roots, branch, chunk);
      }
    });
    addGroups<T>(backward.sums.keys, heads, keyGradient);
    addGroups<T>(backward.sums.values, heads, valueGradient);
  });
  return {queryGradient, keyGradient, valueGradient};
}


struct TreeAttentionFunction : torch::autograd::Function<TreeAttentionFunction> {
  static variable_list forward(AutogradContext* context, const at::Tensor& query,
                               const at::Tensor& key, const at::Tensor& value,
                               at::IntArrayRef lengths, at::IntArrayRef parents) {
    at::AutoDispatchBelowADInplaceOrView below;
    auto [seen, totals] = treeAttention(query, key, value, lengths, parents);
    context->save_for_backward({query, key, value, seen, totals});
    context->mark_non_differentiable({totals});
    context->saved_data["lengths"] = lengths.vec();
    context->saved_data["parents"] = parents.vec();
    return {seen, totals};
  }
  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto lengths = context->saved_data["lengths"].toIntVector();
    const auto parents = context->saved_data["parents"].toIntVector();
    variable_list found =
        treeAttentionBackward(context->get_saved_variables(), gradients[0], lengths, parents);
    return {found[0], found[1], found[2], at::Tensor(), at::Tensor()};
  }
};

std::tuple<at::Tensor, at::Tensor> treeAttentionWithGradient(const at::Tensor& query,
                                                             const at::Tensor& key,
                                                             const at::Tensor& value,
                                                             at::IntArrayRef lengths,
                                                             at::IntArrayRef parents) {
  const variable_list found = TreeAttentionFunction::apply(query, key, value, lengths, parents);
  return {found[0], found[1]};
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(retool, library) {
  library.def(
      "tree_attention(Tensor query, Tensor key, Tensor value, int[] lengths, int[] parents) -> "
      "(Tensor, Tensor)");
}

TORCH_LIBRARY_IMPL(retool, CPU, library) { library.impl("tree_attention", treeAttention); }

TORCH_LIBRARY_IMPL(retool, AutogradCPU, library) {
  library.impl("tree_attention", treeAttentionWithGradient);
}

}  // namespace retool
