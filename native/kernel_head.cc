// The head of a training step: log-probs of chosen tokens and the gradient by the logits, row by row,
// so that float32 exists for one row at a time.
#include <ATen/ops/empty.h>
#include <torch/library.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "kernel.h"

namespace retool {
namespace {

/// Sums over a row of logits z, scaled by 1 / temperature.
struct RowSums {
  float total;    // log of the sum of e^z
  float entropy;  // of the row's distribution; only if asked for
};

RowSums sumsOf(const float* row, int64_t size, bool withEntropy) {
  float top = -INFINITY;
#pragma omp simd reduction(max : top)
  for (int64_t i = 0; i < size; ++i) top = row[i] > top ? row[i] : top;
  double sum = 0;
  double weighted = 0;
  // In stretches, so that float32 lanes stay exact enough over a large vocabulary. Powers first, then
  // sums: loops that do both do not vectorize.
  constexpr int64_t stretch = 1024;
  float powers[stretch];
  for (int64_t start = 0; start < size; start += stretch) {
    const int64_t count = std::min(size - start, stretch);
    const float* from = row + start;
#pragma omp simd
    for (int64_t i = 0; i < count; ++i) powers[i] = fastExp(from[i] - top);
    float part = 0;
#pragma omp simd reduction(+ : part)
    for (int64_t i = 0; i < count; ++i) part += powers[i];
    sum += part;
    if (!withEntropy) continue;
    float partWeighted = 0;
#pragma omp simd reduction(+ : partWeighted)
    for (int64_t i = 0; i < count; ++i) partWeighted += powers[i] * (from[i] - top);
    weighted += partWeighted;
  }
  return {static_cast<float>(top + std::log(sum)), static_cast<float>(std::log(sum) - weighted / sum)};
}

template <typename T>
void widenScaled(const T* source, float* target, int64_t size, float scale) {
#pragma omp simd
  for (int64_t i = 0; i < size; ++i) target[i] = widen(source[i]) * scale;
}

void checkHead(const at::Tensor& logits, const at::Tensor& targets) {
  TORCH_CHECK(logits.dim() == 2 && logits.is_contiguous(), "logits must be [tokens, vocabulary]");
  TORCH_CHECK(targets.dim() == 1 && targets.size(0) == logits.size(0) && targets.is_contiguous() &&
                  targets.scalar_type() == at::kLong,
              "targets must be int64, one per row of logits");
}

int64_t checkedTarget(int64_t target, int64_t size) {
  TORCH_CHECK(target >= 0 && target < size, "token ", target, " is outside the vocabulary of ", size);
  return target;
}

/// log softmax(logits / temperature) at the targets, the rows' log-sum-exp, and their entropies (an
/// empty tensor unless asked for); all float32.
std::tuple<at::Tensor, at::Tensor, at::Tensor> chosenLogprobs(const at::Tensor& logits,
                                                              const at::Tensor& targets,
                                                              double temperature, bool withEntropy) {
  checkHead(logits, targets);
  const int64_t rows = logits.size(0);
  const int64_t size = logits.size(1);
  const auto options = logits.options().dtype(at::kFloat);
  at::Tensor logprobs = at::empty({rows}, options);
  at::Tensor totals = at::empty({rows}, options);
  at::Tensor entropies = at::empty({withEntropy ? rows : 0}, options);
  withElementType(logits, "chosen_logprobs", [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    const T* in = logits.const_data_ptr<T>();
    const int64_t* chosen = targets.const_data_ptr<int64_t>();
    const float scale = static_cast<float>(1 / temperature);
    float* out = logprobs.data_ptr<float>();
    float* sums = totals.data_ptr<float>();
    float* spread = entropies.data_ptr<float>();
    at::parallel_for(0, rows, 1, [&](int64_t begin, int64_t end) {
      std::vector<float> row(size);
      for (int64_t r = begin; r < end; ++r) {
        widenScaled(in + r * size, row.data(), size, scale);
        const RowSums found = sumsOf(row.data(), size, withEntropy);
        out[r] = row[checkedTarget(chosen[r], size)] - found.total;
        sums[r] = found.total;
        if (withEntropy) spread[r] = found.entropy;
      }
    });
  });
  return {logprobs, totals, entropies};
}

/// Overwrites logits with the gradient of the loss by them. With p the probabilities at the
/// temperature: (slope (1[chosen] - p) - entropySlope p (log p + entropy)) / temperature.
void logitGradient(at::Tensor& logits, const at::Tensor& targets, const at::Tensor& totals,
                   const at::Tensor& slopes, const std::optional<at::Tensor>& entropySlopes,
                   const std::optional<at::Tensor>& entropies, double temperature) {
  checkHead(logits, targets);
  const int64_t rows = logits.size(0);
  const int64_t size = logits.size(1);
  for (const at::Tensor* one : {&totals, &slopes}) {
    TORCH_CHECK(one->scalar_type() == at::kFloat && one->is_contiguous() && one->numel() == rows,
                "totals and slopes must be float32, one per row");
  }
  const bool spread = entropySlopes.has_value();
  TORCH_CHECK(!spread || (entropies && entropySlopes->numel() == rows && entropies->numel() == rows &&
                          entropySlopes->is_contiguous() && entropies->is_contiguous()),
              "entropies and their slopes must be one per row");
  withElementType(logits, "logit_gradient_", [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    T* all = logits.data_ptr<T>();
    const int64_t* chosen = targets.const_data_ptr<int64_t>();
    const float scale = static_cast<float>(1 / temperature);
    at::parallel_for(0, rows, 1, [&](int64_t begin, int64_t end) {
      std::vector<float> row(size);
      for (int64_t r = begin; r < end; ++r) {
        T* place = all + r * size;
        widenScaled(place, row.data(), size, scale);
        float* z = row.data();
        const float total = totals.const_data_ptr<float>()[r];
        const float slope = slopes.const_data_ptr<float>()[r];
        const float entropySlope = spread ? entropySlopes->const_data_ptr<float>()[r] : 0.0f;
        const float entropy = spread ? entropies->const_data_ptr<float>()[r] : 0.0f;
        const float base = slope + entropySlope * entropy;
#pragma omp simd
        for (int64_t i = 0; i < size; ++i) {
          const float logprob = z[i] - total;
          z[i] = -fastExp(logprob) * (base + entropySlope * logprob) * scale;
        }
        z[checkedTarget(chosen[r], size)] += slope * scale;
        narrowRow(z, place, size);
      }
    });
  });
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(retool, library) {
  library.def(
      "chosen_logprobs(Tensor logits, Tensor targets, float temperature, bool entropy) -> "
      "(Tensor, Tensor, Tensor)");
  library.def(
      "logit_gradient_(Tensor(a!) logits, Tensor targets, Tensor totals, Tensor slopes, "
      "Tensor? entropy_slopes, Tensor? entropies, float temperature) -> ()");
}

TORCH_LIBRARY_IMPL(retool, CPU, library) {
  library.impl("chosen_logprobs", chosenLogprobs);
  library.impl("logit_gradient_", logitGradient);
}

}  // namespace retool
