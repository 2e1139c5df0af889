// A linear map in bfloat16 by a copy of its weights in the order in which they are used: one stream
// of memory at any number of rows, no repacking at each call. For processors with AVX512-BF16.
//
// Letters: R rows, I inputs, O outputs. Packed: [O / 32, I / 2, 32, 2], filled up with zeros.
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <torch/library.h>

#include <utility>
#include <vector>

#include "kernel.h"
#include "vectors.h"

namespace retool {
namespace {

constexpr int64_t kOutputs = 32;

int64_t blocksOf(int64_t outputs) { return (outputs + kOutputs - 1) / kOutputs; }

/// Whether this machine is better served by packed weights. One with AMX is not: libtorch's matrix
/// products use it.
bool hasPackedLinear() {
#if defined(__AVX512BF16__) && !defined(__AMX_BF16__)
  return true;
#else
  return false;
#endif
}

/// weight [O, I], bfloat16 -> packed.
at::Tensor packLinear(const at::Tensor& weight) {
  TORCH_CHECK(weight.dim() == 2 && weight.is_contiguous() && weight.scalar_type() == at::kBFloat16,
              "pack_linear takes a contiguous matrix in bfloat16");
  const int64_t outputs = weight.size(0), inputs = weight.size(1), pairs = (inputs + 1) / 2;
  at::Tensor packed = at::zeros({blocksOf(outputs), pairs, kOutputs, 2}, weight.options());
  const auto* from = weight.const_data_ptr<c10::BFloat16>();
  auto* to = packed.data_ptr<c10::BFloat16>();
  at::parallel_for(0, blocksOf(outputs), 1, [&](int64_t begin, int64_t end) {
    for (int64_t block = begin; block < end; ++block) {
      const int64_t count = std::min(kOutputs, outputs - block * kOutputs);
      c10::BFloat16* target = to + block * pairs * kOutputs * 2;
      for (int64_t o = 0; o < count; ++o) {
        const c10::BFloat16* row = from + (block * kOutputs + o) * inputs;
        for (int64_t pair = 0; pair < inputs / 2; ++pair) {
          std::memcpy(target + (pair * kOutputs + o) * 2, row + 2 * pair, 4);
        }
        if (inputs % 2) target[((pairs - 1) * kOutputs + o) * 2] = row[inputs - 1];
      }
    }
  });
  return packed;
}

#ifdef __AVX512BF16__

struct PackedCall {
  const c10::BFloat16 *input, *packed, *bias;
  c10::BFloat16* target;
  int64_t rows, inputs, outputs;
};

/// `Rows` rows from `row` on with one block of 32 outputs: two accumulators a row.
template <int Rows>
void multiplyRows(const PackedCall& call, int64_t row, int64_t block) {
  const int64_t pairs = call.inputs / 2;
  const c10::BFloat16* x = call.input + row * call.inputs;
  const c10::BFloat16* w = call.packed + block * pairs * kOutputs * 2;
  __m512 low[Rows], high[Rows];
#pragma GCC unroll 16
  for (int r = 0; r < Rows; ++r) low[r] = high[r] = _mm512_setzero_ps();
  for (int64_t pair = 0; pair < pairs; ++pair) {
    const __m512bh first = loadPairs(w + pair * 64), second = loadPairs(w + pair * 64 + 32);
#pragma GCC unroll 16
    for (int r = 0; r < Rows; ++r) {
      const __m512bh both = repeatPair(x + r * call.inputs + 2 * pair);
      low[r] = _mm512_dpbf16_ps(low[r], both, first);
      high[r] = _mm512_dpbf16_ps(high[r], both, second);
    }
  }
  const int64_t start = block * kOutputs, count = std::min(kOutputs, call.outputs - start);
  const __mmask32 mask = firstLanes32(count);
  __m512 lowBias = _mm512_setzero_ps(), highBias = _mm512_setzero_ps();
  if (call.bias) widen32(_mm512_maskz_loadu_epi16(mask, call.bias + start), lowBias, highBias);
#pragma GCC unroll 16
  for (int r = 0; r < Rows; ++r) {
    const __m512i sums = narrow32(_mm512_add_ps(low[r], lowBias), _mm512_add_ps(high[r], highBias));
    _mm512_mask_storeu_epi16(call.target + (row + r) * call.outputs + start, mask, sums);
  }
}

constexpr int kTile = 12;

template <int... Counts>
void multiplyRest(const PackedCall& call, int64_t row, int64_t block,
                  std::integer_sequence<int, Counts...>) {
  const int64_t count = call.rows - row;
  (void)((count == Counts + 1 ? (multiplyRows<Counts + 1>(call, row, block), true) : false) || ...);
}

void multiplyBlocks(const PackedCall& call, int64_t begin, int64_t end) {
  for (int64_t block = begin; block < end; ++block) {
    int64_t row = 0;
    for (; row + kTile <= call.rows; row += kTile) multiplyRows<kTile>(call, row, block);
    multiplyRest(call, row, block, std::make_integer_sequence<int, kTile - 1>{});
  }
}

/// input [..., I], packed, bias [O] or none -> [..., O].
at::Tensor linearPacked(const at::Tensor& given, const at::Tensor& packed,
                        const std::optional<at::Tensor>& bias, int64_t outputs) {
  const at::Tensor input = given.contiguous();
  const int64_t inputs = input.size(-1);
  TORCH_CHECK(packed.dim() == 4 && packed.is_contiguous() && packed.size(0) == blocksOf(outputs) &&
                  packed.size(1) * 2 == inputs && packed.size(2) == kOutputs &&
                  packed.scalar_type() == at::kBFloat16 && input.scalar_type() == at::kBFloat16,
              "linear_packed: input ", input.sizes(), ", packed ", packed.sizes(), ", outputs ", outputs);
  TORCH_CHECK(!bias || (bias->numel() == outputs && bias->is_contiguous() &&
                        bias->scalar_type() == at::kBFloat16),
              "linear_packed: bias");
  std::vector<int64_t> shape(input.sizes().begin(), input.sizes().end());
  shape.back() = outputs;
  at::Tensor result = at::empty(shape, input.options());
  const PackedCall call{input.const_data_ptr<c10::BFloat16>(),
                        packed.const_data_ptr<c10::BFloat16>(),
                        bias ? bias->const_data_ptr<c10::BFloat16>() : nullptr,
                        result.data_ptr<c10::BFloat16>(),
                        input.numel() / inputs,
                        inputs,
                        outputs};
  at::parallel_for(0, blocksOf(outputs), 1, [&](int64_t begin, int64_t end) {
    multiplyBlocks(call, begin, end);
  });
  return result;
}

#else

at::Tensor linearPacked(const at::Tensor&, const at::Tensor&, const std::optional<at::Tensor>&, int64_t) {
  TORCH_CHECK(false, "linear_packed needs a processor with AVX512-BF16");
}

#endif

}  // namespace

TORCH_LIBRARY_FRAGMENT(retool, library) {
  library.def("has_packed_linear() -> bool", hasPackedLinear);
  library.def("pack_linear(Tensor weight) -> Tensor");
  library.def("linear_packed(Tensor input, Tensor packed, Tensor? bias, int outputs) -> Tensor");
}

TORCH_LIBRARY_IMPL(retool, CPU, library) {
  library.impl("pack_linear", packLinear);
  library.impl("linear_packed", linearPacked);
}

}  // namespace retool
