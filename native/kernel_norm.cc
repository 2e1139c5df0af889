// Root-mean-square norm in one pass over a row, alone or after an addition, and the gated SiLU.
#include <ATen/ops/empty_like.h>
#include <torch/library.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "kernel.h"

namespace retool {
namespace {

void checkRows(const at::Tensor& input, const at::Tensor& weight) {
  TORCH_CHECK(input.is_contiguous() && weight.is_contiguous(), "rows must be contiguous");
  TORCH_CHECK(weight.dim() == 1 && input.dim() >= 1 && input.size(-1) == weight.size(0),
              "the norm's weight has ", weight.sizes(), ", the rows ", input.sizes());
  TORCH_CHECK(input.scalar_type() == weight.scalar_type(), "rows and weight differ in dtype");
}

/// target = row / sqrt(mean(row^2) + epsilon) * weight.
template <typename T>
void normRow(const float* row, const T* weight, T* target, int64_t size, double epsilon) {
  float squares = 0;
#pragma omp simd reduction(+ : squares)
  for (int64_t i = 0; i < size; ++i) squares += row[i] * row[i];
  const float scale = 1.0f / std::sqrt(squares / static_cast<float>(size) + static_cast<float>(epsilon));
#pragma omp simd
  for (int64_t i = 0; i < size; ++i) narrowTo(row[i] * scale * widen(weight[i]), target[i]);
}

/// normed = norm(input), or with `added`: sum = input + added, normed = norm(sum).
template <typename T>
void normRows(const at::Tensor& input, const at::Tensor* added, const at::Tensor& weight,
              double epsilon, at::Tensor* sum, at::Tensor& normed) {
  const int64_t size = input.size(-1);
  const int64_t rows = size == 0 ? 0 : input.numel() / size;
  const T* in = input.const_data_ptr<T>();
  const T* plus = added ? added->const_data_ptr<T>() : nullptr;
  const T* scale = weight.const_data_ptr<T>();
  T* out = normed.data_ptr<T>();
  T* total = sum ? sum->data_ptr<T>() : nullptr;
  at::parallel_for(0, rows, 16384 / std::max<int64_t>(size, 1) + 1, [&](int64_t begin, int64_t end) {
    std::vector<float> row(size);
    for (int64_t r = begin; r < end; ++r) {
      const T* from = in + r * size;
      if (plus) {
        const T* other = plus + r * size;
        T* to = total + r * size;
#pragma omp simd
        for (int64_t i = 0; i < size; ++i) narrowTo(widen(from[i]) + widen(other[i]), to[i]);
        from = to;
      }
      widenRow(from, row.data(), size);
      normRow(row.data(), scale, out + r * size, size, epsilon);
    }
  });
}

at::Tensor rmsNorm(const at::Tensor& given, const at::Tensor& weight, double epsilon) {
  const at::Tensor input = given.contiguous();
  checkRows(input, weight);
  at::Tensor normed = at::empty_like(input);
  withElementType(input, "rms_norm", [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    normRows<T>(input, nullptr, weight, epsilon, nullptr, normed);
  });
  return normed;
}

std::tuple<at::Tensor, at::Tensor> addRmsNorm(const at::Tensor& input, const at::Tensor& added,
                                              const at::Tensor& weight, double epsilon) {
  checkRows(input, weight);
  TORCH_CHECK(added.sizes() == input.sizes() && added.is_contiguous() &&
                  added.scalar_type() == input.scalar_type(),
              "what is added must look like the rows");
  at::Tensor sum = at::empty_like(input);
  at::Tensor normed = at::empty_like(input);
  withElementType(input, "add_rms_norm", [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    normRows<T>(input, &added, weight, epsilon, &sum, normed);
  });
  return {sum, normed};
}

at::Tensor gatedSilu(const at::Tensor& gate, const at::Tensor& up) {
  TORCH_CHECK(gate.sizes() == up.sizes() && gate.is_contiguous() && up.is_contiguous() &&
                  gate.scalar_type() == up.scalar_type(),
              "gate and up must look alike");
  at::Tensor result = at::empty_like(gate);
  withElementType(gate, "gated_silu", [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    const T* g = gate.const_data_ptr<T>();
    const T* u = up.const_data_ptr<T>();
    T* out = result.data_ptr<T>();
    at::parallel_for(0, gate.numel(), 16384, [&](int64_t begin, int64_t end) {
      // Through float32 buffers: loops that also convert 16-bit numbers do not vectorize.
      constexpr int64_t stretch = 512;
      float x[stretch], other[stretch];
      for (int64_t start = begin; start < end; start += stretch) {
        const int64_t count = std::min(end - start, stretch);
        widenRow(g + start, x, count);
        widenRow(u + start, other, count);
#pragma omp simd
        for (int64_t i = 0; i < count; ++i) x[i] = x[i] / (1.0f + fastExp(-x[i])) * other[i];
        narrowRow(x, out + start, count);
      }
    });
  });
  return result;
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(retool, library) {
  library.def("rms_norm(Tensor input, Tensor weight, float epsilon) -> Tensor");
  library.def(
      "add_rms_norm(Tensor input, Tensor added, Tensor weight, float epsilon) -> (Tensor, Tensor)");
  library.def("gated_silu(Tensor gate, Tensor up) -> Tensor");
}

TORCH_LIBRARY_IMPL(retool, CPU, library) {
  library.impl("rms_norm", rmsNorm);
  library.impl("add_rms_norm", addRmsNorm);
  library.impl("gated_silu", gatedSilu);
}

}  // namespace retool
