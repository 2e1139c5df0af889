// Matrix products of blocks that lie in the first caches, float32: sums of a few rows stay in
// registers while the depth passes by.
#pragma once

#include <cstdint>
#include <cstring>

namespace retool {

#if defined(__AVX512F__)
constexpr int kLanes = 16;
#elif defined(__AVX__)
constexpr int kLanes = 8;
#else
constexpr int kLanes = 4;
#endif

/// Columns come in whole multiples of this.
constexpr int64_t kColumns = 16;
/// Columns and rows that are summed up together: as many as the registers hold.
constexpr int64_t kWide = kLanes == 16 ? 64 : 16;
constexpr int kRows = 6;

using Vector = float __attribute__((vector_size(kLanes * sizeof(float))));

/// Element (row, depth) lies at data[row * rowStride + depth * depthStride].
struct Left {
  const float* data;
  int64_t rowStride, depthStride;
};
/// Row by row.
struct Right {
  const float* data;
  int64_t stride;
};
struct Result {
  float* data;
  int64_t stride;
};
struct Extent {
  int64_t rows, depth, columns;
};

template <int Rows, int Vectors>
inline void productTile(const Left& left, const float* right, int64_t rightStride, float* result,
                        int64_t resultStride, int64_t depth, bool adds) {
  Vector sums[Rows][Vectors];
#pragma GCC unroll 6
  for (int r = 0; r < Rows; ++r) {
#pragma GCC unroll 4
    for (int v = 0; v < Vectors; ++v) {
      if (adds) {
        std::memcpy(&sums[r][v], result + r * resultStride + v * kLanes, sizeof(Vector));
      } else {
        sums[r][v] = Vector{};
      }
    }
  }
  for (int64_t k = 0; k < depth; ++k) {
    Vector row[Vectors];
#pragma GCC unroll 4
    for (int v = 0; v < Vectors; ++v) {
      std::memcpy(&row[v], right + k * rightStride + v * kLanes, sizeof(Vector));
    }
#pragma GCC unroll 6
    for (int r = 0; r < Rows; ++r) {
      const float factor = left.data[r * left.rowStride + k * left.depthStride];
#pragma GCC unroll 4
      for (int v = 0; v < Vectors; ++v) sums[r][v] += factor * row[v];
    }
  }
#pragma GCC unroll 6
  for (int r = 0; r < Rows; ++r) {
#pragma GCC unroll 4
    for (int v = 0; v < Vectors; ++v) {
      std::memcpy(result + r * resultStride + v * kLanes, &sums[r][v], sizeof(Vector));
    }
  }
}

template <int64_t Columns>
inline void productColumns(const Left& left, const float* right, int64_t rightStride, Result result,
                           int64_t rows, int64_t depth, bool adds) {
  constexpr int vectors = Columns / kLanes;
  for (int64_t r = 0; r < rows;) {
    const Left here{left.data + r * left.rowStride, left.rowStride, left.depthStride};
    float* to = result.data + r * result.stride;
    if (rows - r >= kRows) {
      productTile<kRows, vectors>(here, right, rightStride, to, result.stride, depth, adds);
      r += kRows;
    } else if (rows - r >= 3) {
      productTile<3, vectors>(here, right, rightStride, to, result.stride, depth, adds);
      r += 3;
    } else {
      productTile<1, vectors>(here, right, rightStride, to, result.stride, depth, adds);
      r += 1;
    }
  }
}

/// result = left right, or result += left right.
inline void product(const Left& left, const Right& right, const Result& result, const Extent& extent,
                    bool adds) {
  const auto& [rows, depth, columns] = extent;
  int64_t column = 0;
  for (; column + kWide <= columns; column += kWide) {
    productColumns<kWide>(left, right.data + column, right.stride,
                          {result.data + column, result.stride}, rows, depth, adds);
  }
  for (; column < columns; column += kColumns) {
    productColumns<kColumns>(left, right.data + column, right.stride,
                             {result.data + column, result.stride}, rows, depth, adds);
  }
}

}  // namespace retool
