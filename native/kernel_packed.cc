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

/// The rows of one call with one of its maps.
struct PackedMap {
  const c10::BFloat16 *input, *packed, *bias;
  c10::BFloat16* target;
  int64_t rows, inputs, outputs;
};

/// Numbers of one block of 32 outputs.
int64_t blockSize(const PackedMap& map) { return map.inputs * kOutputs; }

/// `Rows` rows from `row` on with one block of 32 outputs: two accumulators a row. On its way it may
/// ask memory for `ahead`, a line a pair.
template <int Rows, bool Asks>
void multiplyRows(const PackedMap& map, int64_t row, int64_t block, const c10::BFloat16* ahead) {
  const int64_t pairs = map.inputs / 2;
  const c10::BFloat16* x = map.input + row * map.inputs;
  const c10::BFloat16* w = map.packed + block * blockSize(map);
  __m512 low[Rows], high[Rows];
#pragma GCC unroll 16
  for (int r = 0; r < Rows; ++r) low[r] = high[r] = _mm512_setzero_ps();
  for (int64_t pair = 0; pair < pairs; ++pair) {
    if constexpr (Asks) _mm_prefetch(ahead + pair * 32, _MM_HINT_T1);
    const __m512bh first = loadPairs(w + pair * 64), second = loadPairs(w + pair * 64 + 32);
#pragma GCC unroll 16
    for (int r = 0; r < Rows; ++r) {
      const __m512bh both = repeatPair(x + r * map.inputs + 2 * pair);
      low[r] = _mm512_dpbf16_ps(low[r], both, first);
      high[r] = _mm512_dpbf16_ps(high[r], both, second);
    }
  }
  const int64_t start = block * kOutputs, count = std::min(kOutputs, map.outputs - start);
  const __mmask32 mask = firstLanes32(count);
  __m512 lowBias = _mm512_setzero_ps(), highBias = _mm512_setzero_ps();
  if (map.bias) widen32(_mm512_maskz_loadu_epi16(mask, map.bias + start), lowBias, highBias);
#pragma GCC unroll 16
  for (int r = 0; r < Rows; ++r) {
    const __m512i sums = narrow32(_mm512_add_ps(low[r], lowBias), _mm512_add_ps(high[r], highBias));
    _mm512_mask_storeu_epi16(map.target + (row + r) * map.outputs + start, mask, sums);
  }
}

constexpr int kTile = 12;

template <bool Asks, int... Counts>
void multiplyRest(const PackedMap& map, int64_t row, int64_t block, const c10::BFloat16* ahead,
                  std::integer_sequence<int, Counts...>) {
  const int64_t count = map.rows - row;
  (void)((count == Counts + 1 && (multiplyRows<Counts + 1, Asks>(map, row, block, ahead), true)) || ...);
}

/// All rows with one block. Where they pass it more than once, the first two passes ask for the halves
/// of the next one: a thread that computes would otherwise wait for memory at each block. With few
/// rows it is memory alone that counts, and the processor asks for neighbouring lines by itself.
void multiplyBlock(const PackedMap& map, int64_t block, const c10::BFloat16* next) {
  const auto rests = std::make_integer_sequence<int, kTile>{};
  if (map.rows <= kTile) return multiplyRest<false>(map, 0, block, next, rests);
  int64_t row = 0;
  for (; row < 2 * kTile && row + kTile <= map.rows; row += kTile) {
    multiplyRows<kTile, true>(map, row, block, next);
    next += blockSize(map) / 2;
  }
  for (; row + kTile <= map.rows; row += kTile) multiplyRows<kTile, false>(map, row, block, next);
  if (row < 2 * kTile) multiplyRest<true>(map, row, block, next, rests);
  else multiplyRest<false>(map, row, block, next, rests);
}

PackedMap mapOf(const at::Tensor& input, const at::Tensor& packed, const std::optional<at::Tensor>& bias,
                at::Tensor& target) {
  const int64_t inputs = input.size(-1), outputs = target.size(-1);
  TORCH_CHECK(packed.dim() == 4 && packed.is_contiguous() && packed.size(0) == blocksOf(outputs) &&
                  packed.size(1) * 2 == inputs && packed.size(2) == kOutputs &&
                  packed.scalar_type() == at::kBFloat16 && input.scalar_type() == at::kBFloat16,
              "linear_packed: input ", input.sizes(), ", packed ", packed.sizes(), ", outputs ", outputs);
  TORCH_CHECK(!bias || (bias->numel() == outputs && bias->is_contiguous() &&
                        bias->scalar_type() == at::kBFloat16),
              "linear_packed: bias");
  return {input.const_data_ptr<c10::BFloat16>(),
          packed.const_data_ptr<c10::BFloat16>(),
          bias ? bias->const_data_ptr<c10::BFloat16>() : nullptr,
          target.data_ptr<c10::BFloat16>(),
          input.numel() / inputs,
          inputs,
          outputs};
}

/// input [..., I]; for each map its packed weight, bias [O] or none, and O -> one [..., O] for each. The
/// blocks of all maps are shared among the threads as those of one.
std::vector<at::Tensor> linearPacked(const at::Tensor& given, at::TensorList packed,
                                     const c10::List<std::optional<at::Tensor>>& biases,
                                     at::IntArrayRef outputs) {
  TORCH_CHECK(packed.size() == outputs.size() && biases.size() == outputs.size() && given.size(-1) > 0,
              "linear_packed: a packed weight, a bias or none and a size for each map");
  const at::Tensor input = given.contiguous();
  std::vector<int64_t> shape(input.sizes().begin(), input.sizes().end());
  std::vector<at::Tensor> results;
  std::vector<PackedMap> maps;
  std::vector<std::pair<int64_t, int64_t>> blocks;
  for (size_t m = 0; m < outputs.size(); ++m) {
    shape.back() = outputs[m];
    results.push_back(at::empty(shape, input.options()));
    maps.push_back(mapOf(input, packed[m], biases.get(m), results[m]));
    for (int64_t block = 0; block < blocksOf(outputs[m]); ++block) blocks.emplace_back(m, block);
  }
  const auto weights = [&](int64_t place) {
    const auto [map, block] = blocks[place];
    return maps[map].packed + block * blockSize(maps[map]);
  };
  at::parallel_for(0, static_cast<int64_t>(blocks.size()), 1, [&](int64_t begin, int64_t end) {
    for (int64_t place = begin; place < end; ++place) {
      const auto [map, block] = blocks[place];
      multiplyBlock(maps[map], block, weights(std::min(place + 1, end - 1)));
    }
  });
  return results;
}

#else

std::vector<at::Tensor> linearPacked(const at::Tensor&, at::TensorList,
                                     const c10::List<std::optional<at::Tensor>>&, at::IntArrayRef) {
  TORCH_CHECK(false, "linear_packed needs a processor with AVX512-BF16");
}

#endif

}  // namespace

TORCH_LIBRARY_FRAGMENT(retool, library) {
  library.def("has_packed_linear() -> bool", hasPackedLinear);
  library.def("pack_linear(Tensor weight) -> Tensor");
  library.def(
      "linear_packed(Tensor input, Tensor[] packed, Tensor?[] biases, int[] outputs) -> Tensor[]");
}

TORCH_LIBRARY_IMPL(retool, CPU, library) {
  library.impl("pack_linear", packLinear);
  library.impl("linear_packed", linearPacked);
}

}  // namespace retool
