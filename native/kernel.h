// What our own kernels share: numbers in bfloat16 or float32, computed in float32. Plain loops that
// the compiler vectorizes; libtorch's threads.
#pragma once

#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <c10/util/BFloat16.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace retool {

/// Calls `body` with a null pointer of the tensor's element type: float32 or bfloat16.
template <typename Body>
auto withElementType(const at::Tensor& tensor, const char* kernel, Body body) {
  switch (tensor.scalar_type()) {
    case at::kFloat: return body(static_cast<float*>(nullptr));
    case at::kBFloat16: return body(static_cast<c10::BFloat16*>(nullptr));
    default: TORCH_CHECK(false, kernel, " takes float32 or bfloat16, not ", tensor.scalar_type());
  }
}

inline float widen(float value) { return value; }
inline float widen(c10::BFloat16 value) {
  const uint32_t bits = static_cast<uint32_t>(value.x) << 16;
  float result;
  std::memcpy(&result, &bits, sizeof(result));
  return result;
}

inline void narrowTo(float value, float& target) { target = value; }
inline void narrowTo(float value, c10::BFloat16& target) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  // To nearest, ties to even; a NaN keeps its sign and stays a NaN.
  const uint32_t rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
  target.x = static_cast<uint16_t>((bits & 0x7fffffffu) > 0x7f800000u ? 0x7fc0u : rounded);
}

template <typename T>
void widenRow(const T* source, float* target, int64_t count) {
#pragma omp simd
  for (int64_t i = 0; i < count; ++i) target[i] = widen(source[i]);
}

template <typename T>
void narrowRow(const float* source, T* target, int64_t count) {
#pragma omp simd
  for (int64_t i = 0; i < count; ++i) narrowTo(source[i], target[i]);
}

/// e^x to about 2 units in the last place (Cody and Waite's reduction, a polynomial of degree 6):
/// below -87 it gives nearly zero.
inline float fastExp(float x) {
  // Spelled so that a NaN stays one and the compiler sees no branch: with one, no loop vectorizes.
  x = std::max(std::min(x, 88.0f), -87.0f);
  // Adding 1.5 x 2^23 rounds to a whole number.
  const float n = (x * 1.44269504f + 12582912.0f) - 12582912.0f;
  const float r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  const int32_t exponent = (static_cast<int32_t>(n) + 127) << 23;
  float scale;
  std::memcpy(&scale, &exponent, sizeof(scale));
  return p * scale;
}

}  // namespace retool
