// Heads of a packed batch in float32 as small products want them, block by block, and back again.
#pragma once

#include <atomic>
#include <vector>

#include "branch_layout.h"
#include "kernel.h"

namespace retool {

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

}  // namespace retool
