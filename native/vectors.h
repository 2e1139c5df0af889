// Sixteen and thirty-two numbers at a time, for processors with AVX512-BF16: bfloat16 pairs are
// multiplied and summed in float32 by one instruction.
#pragma once

#include <c10/util/BFloat16.h>

#ifdef __AVX512BF16__

#include <immintrin.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace retool {

inline __m512bh loadPairs(const void* source) { return (__m512bh)_mm512_loadu_si512(source); }

/// The same two numbers in all sixteen places.
inline __m512bh repeatPair(const void* pair) {
  int32_t bits;
  std::memcpy(&bits, pair, sizeof(bits));
  return (__m512bh)_mm512_set1_epi32(bits);
}

inline __mmask32 firstLanes32(int64_t count) {
  return count >= 32 ? ~__mmask32{0} : (__mmask32{1} << std::max<int64_t>(count, 0)) - 1;
}

inline __mmask16 firstLanes16(int64_t count) {
  return static_cast<__mmask16>(firstLanes32(std::min<int64_t>(count, 16)));
}

/// Sixteen bfloat16 numbers as float32.
inline __m512 widen16(__m256i numbers) {
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(numbers), 16));
}

inline void widen32(__m512i numbers, __m512& low, __m512& high) {
  low = widen16(_mm512_castsi512_si256(numbers));
  high = widen16(_mm512_extracti64x4_epi64(numbers, 1));
}

/// Numbers 0, 2, ..., 30 and 1, 3, ..., 31 of 32: half the work of taking them in their order.
inline void widenPairs(__m512i numbers, __m512& even, __m512& odd) {
  even = _mm512_castsi512_ps(_mm512_slli_epi32(numbers, 16));
  odd = _mm512_castsi512_ps(_mm512_and_si512(numbers, _mm512_set1_epi32(-65536)));
}

/// To nearest, ties to even.
inline __m512i narrow32(__m512 low, __m512 high) { return (__m512i)_mm512_cvtne2ps_pbh(high, low); }

/// What widenPairs took apart.
inline __m512i narrowPairs(__m512 even, __m512 odd) {
  const __m512i evens = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(even));
  const __m512i odds = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(odd));
  return _mm512_or_si512(evens, _mm512_slli_epi32(odds, 16));
}

/// e^x of sixteen numbers, as fastExp has it, but zero for minus infinity.
inline __m512 exponentials16(__m512 x) {
  const __m512 bounded = _mm512_max_ps(x, _mm512_set1_ps(-87.0f));
  const __m512 n = _mm512_roundscale_ps(_mm512_mul_ps(bounded, _mm512_set1_ps(1.44269504f)), 0);
  __m512 r = _mm512_fnmadd_ps(n, _mm512_set1_ps(0.693359375f), bounded);
  r = _mm512_fmadd_ps(n, _mm512_set1_ps(2.12194440e-4f), r);
  __m512 p = _mm512_set1_ps(1.9875691500e-4f);
  for (const float next : {1.3981999507e-3f, 8.3334519073e-3f, 4.1665795894e-2f, 1.6666665459e-1f,
                           5.0000001201e-1f}) {
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(next));
  }
  p = _mm512_add_ps(_mm512_fmadd_ps(_mm512_mul_ps(p, r), r, r), _mm512_set1_ps(1.0f));
  const __mmask16 some = _mm512_cmp_ps_mask(x, _mm512_set1_ps(-87.0f), _CMP_NLT_UQ);
  return _mm512_maskz_scalef_ps(some, p, n);
}

/// rows[i] lane j becomes rows[j] lane i, for sixteen rows of sixteen 32-bit lanes.
inline void transpose16(__m512i* rows) {
  __m512i a[16], b[16];
#pragma GCC unroll 16
  for (int i = 0; i < 16; i += 2) {
    a[i] = _mm512_unpacklo_epi32(rows[i], rows[i + 1]);
    a[i + 1] = _mm512_unpackhi_epi32(rows[i], rows[i + 1]);
  }
#pragma GCC unroll 16
  for (int i = 0; i < 16; i += 4) {
    b[i] = _mm512_unpacklo_epi64(a[i], a[i + 2]);
    b[i + 1] = _mm512_unpackhi_epi64(a[i], a[i + 2]);
    b[i + 2] = _mm512_unpacklo_epi64(a[i + 1], a[i + 3]);
    b[i + 3] = _mm512_unpackhi_epi64(a[i + 1], a[i + 3]);
  }
  // b[4 g + c] holds, per quarter q, column 4 q + c of the rows 4 g to 4 g + 3.
#pragma GCC unroll 4
  for (int c = 0; c < 4; ++c) {
    const __m512i even = _mm512_shuffle_i32x4(b[c], b[4 + c], 0x88);
    const __m512i odd = _mm512_shuffle_i32x4(b[c], b[4 + c], 0xdd);
    const __m512i evenHigh = _mm512_shuffle_i32x4(b[8 + c], b[12 + c], 0x88);
    const __m512i oddHigh = _mm512_shuffle_i32x4(b[8 + c], b[12 + c], 0xdd);
    rows[c] = _mm512_shuffle_i32x4(even, evenHigh, 0x88);
    rows[8 + c] = _mm512_shuffle_i32x4(even, evenHigh, 0xdd);
    rows[4 + c] = _mm512_shuffle_i32x4(odd, oddHigh, 0x88);
    rows[12 + c] = _mm512_shuffle_i32x4(odd, oddHigh, 0xdd);
  }
}

}  // namespace retool

#endif
