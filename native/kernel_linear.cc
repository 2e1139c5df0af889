// A linear map of few rows: with so little to do per weight it is the memory that counts, and each
// weight is read once, by one thread.
#include <ATen/ops/empty.h>
#include <torch/library.h>

#include <vector>

#include "kernel.h"

namespace retool {
namespace {

constexpr int64_t kMostRows = 4;

/// target[r] = sum over i of input[r][i] weight[i], for the rows of `input`, float32.
template <typename T>
void dotRows(const float* input, const T* weight, float* target, int64_t rows, int64_t size) {
  for (int64_t r = 0; r < rows; ++r) {
    const float* __restrict x = input + r * size;
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t i = 0; i < size; ++i) sum += x[i] * widen(weight[i]);
    target[r] = sum;
  }
}

/// input [..., in] of at most four rows, weight [out, in], bias [out] or none -> [..., out].
at::Tensor linearOfFew(const at::Tensor& given, const at::Tensor& weight,
                       const std::optional<at::Tensor>& bias) {
  const at::Tensor input = given.contiguous();
  const int64_t size = weight.size(1), outputs = weight.size(0);
  const int64_t rows = size == 0 ? 0 : input.numel() / size;
  TORCH_CHECK(weight.dim() == 2 && weight.is_contiguous() && input.size(-1) == size &&
                  input.scalar_type() == weight.scalar_type(),
              "linear_of_few: input ", input.sizes(), ", weight ", weight.sizes());
  TORCH_CHECK(rows <= kMostRows, "linear_of_few takes at most ", kMostRows, " rows, not ", rows);
  TORCH_CHECK(!bias || (bias->numel() == outputs && bias->is_contiguous() &&
                        bias->scalar_type() == weight.scalar_type()),
              "linear_of_few: bias");
  std::vector<int64_t> shape(input.sizes().begin(), input.sizes().end());
  shape.back() = outputs;
  at::Tensor result = at::empty(shape, input.options());
  withElementType(input, "linear_of_few", [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    std::vector<float> wide(rows * size);
    widenRow(input.const_data_ptr<T>(), wide.data(), rows * size);
    const T* w = weight.const_data_ptr<T>();
    const T* b = bias ? bias->const_data_ptr<T>() : nullptr;
    T* out = result.data_ptr<T>();
    at::parallel_for(0, outputs, 32768 / std::max<int64_t>(size, 1) + 1, [&](int64_t begin, int64_t end) {
      float sums[kMostRows];
      for (int64_t o = begin; o < end; ++o) {
        dotRows(wide.data(), w + o * size, sums, rows, size);
        for (int64_t r = 0; r < rows; ++r) {
          narrowTo(sums[r] + (b ? widen(b[o]) : 0.0f), out[r * outputs + o]);
        }
      }
    });
  });
  return result;
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(retool, library) {
  library.def("linear_of_few(Tensor input, Tensor weight, Tensor? bias) -> Tensor");
}

TORCH_LIBRARY_IMPL(retool, CPU, library) { library.impl("linear_of_few", linearOfFew); }

}  // namespace retool
