// The gradient of attention over branches: blocks of keys pass by a chunk of queries once more, with the
// log-sum-exp that the way there has stored. All in float32, whatever the dtype.
//
// Letters: T tokens, N heads, K key/value heads, D head size.
#include "tree_gradient.h"

#include <ATen/ops/empty_like.h>

#include <cmath>
#include <vector>

#include "head_blocks.h"

namespace retool {

using torch::autograd::variable_list;

namespace {

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

}  // namespace

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

}  // namespace retool
