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

#include <cmath>
#include <limits>
#include <vector>

#include "head_blocks.h"
#include "tree_gradient.h"

namespace retool {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

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
