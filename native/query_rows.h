// A few rows of queries that look at blocks of keys and values in bfloat16, with sums in float32 and a
// running maximum, so that one pass over the keys is enough. For processors with AVX512-BF16.
#pragma once

#include "vectors.h"

#ifdef __AVX512BF16__

#include <cmath>
#include <limits>

#include "kernel.h"

namespace retool {

constexpr int64_t kKeys = 16;
constexpr int64_t kQueryRows = 12;
/// Blocks of keys between two looks at the running maximum.
constexpr int64_t kBlocks = 4;
constexpr float kNothing = -std::numeric_limits<float>::infinity();

/// Neighbouring tokens, `first` the first of them in its sequence: at most kKeys.
struct Block {
  const c10::BFloat16 *keys, *values;
  int64_t first, count;
};

/// Rows of queries over one key head of one sequence; a row sees the tokens before its limit.
template <int Size>
class Rows {
 public:
  static constexpr int64_t kPairs = Size / 2;
  static constexpr int kLanes = Size / 16;
  /// Rows whose sums fit into the registers beside one row of values.
  static constexpr int kTogether = 24 / kLanes;

  explicit Rows(float scale) : scale_(scale) {}

  void start() { count_ = 0; }

  void add(const c10::BFloat16* query, int64_t limit) {
    std::memcpy(queries_[count_], query, Size * 2);
    std::fill(sums_[count_], sums_[count_] + Size, 0.0f);
    greatest_[count_] = kNothing;
    total_[count_] = 0;
    limits_[count_++] = limit;
  }

  /// `blocks` of neighbouring tokens, whose rows lie `stride` apart; `next` are those of the next look.
  /// The first look of all must show every row at least one token that it may see.
  void look(const Block* blocks, int64_t number, const Block* next, int64_t stride) {
    for (int64_t b = 0; b < kBlocks; ++b) fetch(next[b], stride);
    for (int64_t b = 0; b < number; ++b) {
      transposeKeys(blocks[b], stride);
      int64_t row = 0;
      for (; row + 4 <= count_; row += 4) score<4>(row, b);
      if (count_ - row == 3) score<3>(row, b);
      if (count_ - row == 2) score<2>(row, b);
      if (count_ - row == 1) score<1>(row, b);
    }
    for (int64_t row = 0; row < count_; ++row) weigh(row, blocks, number);
    int64_t row = 0;
    for (; row + kTogether <= count_; row += kTogether) gather<kTogether>(row, blocks, number, stride);
    for (; row + 3 <= count_; row += 3) gather<3>(row, blocks, number, stride);
    for (; row < count_; ++row) gather<1>(row, blocks, number, stride);
  }

  void finish(int64_t row, c10::BFloat16* target) const {
    const __m512 scale = _mm512_set1_ps(1.0f / total_[row]);
    for (int lane = 0; lane < kLanes; lane += 2) {
      const float* sums = sums_[row] + 16 * lane;
      const __m512 even = _mm512_mul_ps(_mm512_load_ps(sums), scale);
      const __m512 odd = _mm512_mul_ps(_mm512_load_ps(sums + 16), scale);
      _mm512_storeu_si512(target + 16 * lane, narrowPairs(even, odd));
    }
  }

 private:
  /// Asks memory for what the next look reads: without, the look waits for it (a third slower).
  static void fetch(const Block& block, int64_t stride) {
    for (int64_t i = 0; i < block.count; ++i) {
      for (int64_t d = 0; d < Size; d += 32) {
        _mm_prefetch(block.keys + i * stride + d, _MM_HINT_T1);
        _mm_prefetch(block.values + i * stride + d, _MM_HINT_T1);
      }
    }
  }

  /// transposed_[pair] = numbers 2 pair and 2 pair + 1 of the sixteen keys.
  void transposeKeys(const Block& block, int64_t stride) {
    for (int64_t part = 0; part < kPairs; part += 16) {
      __m512i rows[kKeys];
#pragma GCC unroll 16
      for (int64_t i = 0; i < kKeys; ++i) {
        const bool is = i < block.count;
        rows[i] = is ? _mm512_loadu_si512(block.keys + i * stride + 2 * part) : _mm512_setzero_si512();
      }
      transpose16(rows);
#pragma GCC unroll 16
      for (int64_t i = 0; i < kKeys; ++i) _mm512_store_si512(transposed_[part + i], rows[i]);
    }
  }

  template <int Count>
  void score(int64_t row, int64_t block) {
    __m512 sums[Count];
#pragma GCC unroll 4
    for (int r = 0; r < Count; ++r) sums[r] = _mm512_setzero_ps();
    for (int64_t pair = 0; pair < kPairs; ++pair) {
      const __m512bh keys = loadPairs(transposed_[pair]);
#pragma GCC unroll 4
      for (int r = 0; r < Count; ++r) {
        sums[r] = _mm512_dpbf16_ps(sums[r], repeatPair(queries_[row + r] + 2 * pair), keys);
      }
    }
#pragma GCC unroll 4
    for (int r = 0; r < Count; ++r) {
      _mm512_store_ps(scores_[row + r] + block * kKeys, _mm512_mul_ps(sums[r], _mm512_set1_ps(scale_)));
    }
  }

  /// Turns the scores into weights under the running maximum.
  void weigh(int64_t row, const Block* blocks, int64_t number) {
    __m512 scores[kBlocks], top = _mm512_set1_ps(greatest_[row]);
    for (int64_t b = 0; b < number; ++b) {
      const __mmask16 mask = firstLanes16(std::min(blocks[b].count, limits_[row] - blocks[b].first));
      scores[b] = _mm512_mask_load_ps(_mm512_set1_ps(kNothing), mask, scores_[row] + b * kKeys);
      top = _mm512_max_ps(top, scores[b]);
    }
    const float greatest = _mm512_reduce_max_ps(top);
    top = _mm512_set1_ps(greatest);
    __m512 total = _mm512_setzero_ps();
    for (int64_t b = 0; b < number; ++b) {
      const __m512 weights = exponentials16(_mm512_sub_ps(scores[b], top));
      _mm512_store_ps(scores_[row] + b * kKeys, weights);
      total = _mm512_add_ps(total, weights);
    }
    shrink_[row] = greatest == greatest_[row] ? 1.0f : fastExp(greatest_[row] - greatest);
    greatest_[row] = greatest;
    total_[row] = total_[row] * shrink_[row] + _mm512_reduce_add_ps(total);
  }

  template <int Count>
  void gather(int64_t row, const Block* blocks, int64_t number, int64_t stride) {
    __m512 sums[Count][kLanes];
#pragma GCC unroll 8
    for (int r = 0; r < Count; ++r) {
      const __m512 shrink = _mm512_set1_ps(shrink_[row + r]);
#pragma GCC unroll 8
      for (int lane = 0; lane < kLanes; ++lane) {
        sums[r][lane] = _mm512_mul_ps(_mm512_load_ps(sums_[row + r] + 16 * lane), shrink);
      }
    }
    for (int64_t b = 0; b < number; ++b) {
      for (int64_t i = 0; i < blocks[b].count; ++i) {
        const c10::BFloat16* values = blocks[b].values + i * stride;
        __m512 value[kLanes];
#pragma GCC unroll 8
        for (int lane = 0; lane < kLanes; lane += 2) {
          widenPairs(_mm512_loadu_si512(values + 16 * lane), value[lane], value[lane + 1]);
        }
#pragma GCC unroll 8
        for (int r = 0; r < Count; ++r) {
          const __m512 weight = _mm512_set1_ps(scores_[row + r][b * kKeys + i]);
#pragma GCC unroll 8
          for (int lane = 0; lane < kLanes; ++lane) {
            sums[r][lane] = _mm512_fmadd_ps(weight, value[lane], sums[r][lane]);
          }
        }
      }
    }
#pragma GCC unroll 8
    for (int r = 0; r < Count; ++r) {
#pragma GCC unroll 8
      for (int lane = 0; lane < kLanes; ++lane) _mm512_store_ps(sums_[row + r] + 16 * lane, sums[r][lane]);
    }
  }

  const float scale_;
  int64_t count_ = 0;
  alignas(64) uint32_t transposed_[kPairs][kKeys];
  alignas(64) c10::BFloat16 queries_[kQueryRows][Size];
  /// Of each 32 numbers the even ones first, then the odd ones.
  alignas(64) float sums_[kQueryRows][Size];
  alignas(64) float scores_[kQueryRows][kBlocks * kKeys];
  float greatest_[kQueryRows], total_[kQueryRows], shrink_[kQueryRows];
  int64_t limits_[kQueryRows];
};

}  // namespace retool

#endif
