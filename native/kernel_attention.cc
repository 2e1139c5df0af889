// Rotary embedding with the write into the cache, and attention of single new tokens over the
// cache. Letters: T tokens, B sequences, S slots, N heads, K key/value heads, D head size.
#include <ATen/ops/empty_like.h>
#include <torch/library.h>

#include <cmath>
#include <limits>
#include <vector>

#include "kernel.h"

namespace retool {
namespace {

using Tensors = std::initializer_list<const at::Tensor*>;

/// Turns the two halves of a head against each other.
template <typename T>
void rotateHead(const T* head, const T* cosine, const T* sine, T* target, int64_t half) {
#pragma omp simd
  for (int64_t i = 0; i < half; ++i) {
    const float first = widen(head[i]);
    const float second = widen(head[half + i]);
    const float c0 = widen(cosine[i]), c1 = widen(cosine[half + i]);
    const float s0 = widen(sine[i]), s1 = widen(sine[half + i]);
    narrowTo(first * c0 - second * s0, target[i]);
    narrowTo(second * c1 + first * s1, target[half + i]);
  }
}

/// query [T, N, D] is rotated in place; key [T, K, D], rotated, and value [T, K, D] go to their
/// slots [T] of the caches [S, K, D]. cosine and sine are [T, D].
void rotateAndStore(at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                    const at::Tensor& cosine, const at::Tensor& sine, const at::Tensor& slots,
                    at::Tensor& keys, at::Tensor& values) {
  for (const at::Tensor* t : Tensors{&query, &key, &value, &cosine, &sine, &slots, &keys, &values}) {
    TORCH_CHECK(t->is_contiguous(), "rotate_and_store takes contiguous tensors");
  }
  const int64_t tokens = query.size(0), heads = query.size(1), size = query.size(2);
  const int64_t kvHeads = key.size(1);
  const auto dtype = query.scalar_type();
  TORCH_CHECK(key.sizes() == value.sizes() && key.size(0) == tokens && key.size(2) == size, "key");
  TORCH_CHECK(cosine.numel() == tokens * size && sine.numel() == tokens * size, "angles");
  TORCH_CHECK(slots.scalar_type() == at::kLong && slots.numel() == tokens, "slots");
  TORCH_CHECK(keys.sizes() == values.sizes() && keys.size(1) == kvHeads && keys.size(2) == size, "cache");
  for (const at::Tensor* t : Tensors{&key, &value, &cosine, &sine, &keys, &values}) {
    TORCH_CHECK(t->scalar_type() == dtype, "rotate_and_store takes one dtype");
  }
  const int64_t* slot = slots.const_data_ptr<int64_t>();
  for (int64_t t = 0; t < tokens; ++t) {
    TORCH_CHECK(slot[t] >= 0 && slot[t] < keys.size(0), "slot ", slot[t], " is outside the cache");
  }
  withElementType(query, "rotate_and_store", [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    T* q = query.data_ptr<T>();
    const T* k = key.const_data_ptr<T>();
    const T* v = value.const_data_ptr<T>();
    const T* c = cosine.const_data_ptr<T>();
    const T* s = sine.const_data_ptr<T>();
    T* keyCache = keys.data_ptr<T>();
    T* valueCache = values.data_ptr<T>();
    const int64_t row = kvHeads * size;
    at::parallel_for(0, tokens, 8, [&](int64_t begin, int64_t end) {
      for (int64_t t = begin; t < end; ++t) {
        for (int64_t h = 0; h < heads; ++h) {
          T* head = q + (t * heads + h) * size;
          rotateHead(head, c + t * size, s + t * size, head, size / 2);
        }
        for (int64_t h = 0; h < kvHeads; ++h) {
          rotateHead(k + t * row + h * size, c + t * size, s + t * size,
                     keyCache + slot[t] * row + h * size, size / 2);
        }
        std::memcpy(valueCache + slot[t] * row, v + t * row, row * sizeof(T));
      }
    });
  });
}

/// One pass over a sequence's history for the G query heads of one key head: softmax by running
/// maximum, so that nothing of the history's length is stored.
template <typename T>
struct GroupAttention {
  int64_t group, size;
  std::vector<float> query, key, value, sum;
  std::vector<float> greatest, total;

  GroupAttention(int64_t groupHeads, int64_t headSize)
      : group(groupHeads), size(headSize), query(groupHeads * headSize),
        key(headSize), value(headSize), sum(groupHeads * headSize), greatest(groupHeads),
        total(groupHeads) {}

  void start(const T* heads, float scale) {
    widenRow(heads, query.data(), group * size);
    for (float& x : query) x *= scale;
    std::fill(sum.begin(), sum.end(), 0.0f);
    std::fill(total.begin(), total.end(), 0.0f);
    std::fill(greatest.begin(), greatest.end(), -std::numeric_limits<float>::infinity());
  }

  void look(const T* keyRow, const T* valueRow) {
    widenRow(keyRow, key.data(), size);
    widenRow(valueRow, value.data(), size);
    for (int64_t g = 0; g < group; ++g) {
      const float* q = query.data() + g * size;
      float* acc = sum.data() + g * size;
      const float* k = key.data();
      const float* v = value.data();
      float score = 0;
#pragma omp simd reduction(+ : score)
      for (int64_t i = 0; i < size; ++i) score += q[i] * k[i];
      if (score > greatest[g]) {
        const float shrink = std::exp(greatest[g] - score);
        greatest[g] = score;
        total[g] *= shrink;
#pragma omp simd
        for (int64_t i = 0; i < size; ++i) acc[i] *= shrink;
      }
      const float weight = fastExp(score - greatest[g]);
      total[g] += weight;
#pragma omp simd
      for (int64_t i = 0; i < size; ++i) acc[i] += weight * v[i];
    }
  }

  void finish(T* target) {
    for (int64_t g = 0; g < group; ++g) {
      const float scale = 1.0f / total[g];
      const float* acc = sum.data() + g * size;
#pragma omp simd
      for (int64_t i = 0; i < size; ++i) narrowTo(acc[i] * scale, target[g * size + i]);
    }
  }
};

/// query [B, N, D]; caches [S, K, D]; pages [B, P] (int64) of pageSize slots each; lengths [B]
/// (int64), the new token included -> [B, N, D].
at::Tensor decodeAttention(const at::Tensor& query, const at::Tensor& keys, const at::Tensor& values,
                           const at::Tensor& pages, const at::Tensor& lengths, int64_t pageSize) {
  for (const at::Tensor* t : Tensors{&query, &keys, &values, &pages, &lengths}) {
    TORCH_CHECK(t->is_contiguous(), "decode_attention takes contiguous tensors");
  }
  const int64_t batch = query.size(0), heads = query.size(1), size = query.size(2);
  const int64_t slots = keys.size(0), kvHeads = keys.size(1);
  TORCH_CHECK(keys.sizes() == values.sizes() && keys.size(2) == size && heads % kvHeads == 0, "cache");
  TORCH_CHECK(keys.scalar_type() == query.scalar_type() && values.scalar_type() == query.scalar_type(),
              "decode_attention takes one dtype");
  TORCH_CHECK(pages.dim() == 2 && pages.size(0) == batch && pages.scalar_type() == at::kLong, "pages");
  TORCH_CHECK(lengths.numel() == batch && lengths.scalar_type() == at::kLong && pageSize > 0, "lengths");
  const int64_t* page = pages.const_data_ptr<int64_t>();
  const int64_t* length = lengths.const_data_ptr<int64_t>();
  const int64_t width = pages.size(1);
  for (int64_t b = 0; b < batch; ++b) {
    TORCH_CHECK(length[b] > 0 && length[b] <= width * pageSize, "length ", length[b], " of a sequence");
    for (int64_t p = 0; p * pageSize < length[b]; ++p) {
      const int64_t first = page[b * width + p] * pageSize;
      TORCH_CHECK(first >= 0 && first + pageSize <= slots, "page outside the cache");
    }
  }
  at::Tensor result = at::empty_like(query);
  const float scale = 1.0f / std::sqrt(static_cast<float>(size));
  withElementType(query, "decode_attention", [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    const T* q = query.const_data_ptr<T>();
    const T* k = keys.const_data_ptr<T>();
    const T* v = values.const_data_ptr<T>();
    T* out = result.data_ptr<T>();
    const int64_t group = heads / kvHeads, row = kvHeads * size;
    at::parallel_for(0, batch * kvHeads, 1, [&](int64_t begin, int64_t end) {
      GroupAttention<T> attention(group, size);
      for (int64_t task = begin; task < end; ++task) {
        const int64_t b = task / kvHeads, h = task % kvHeads;
        attention.start(q + (b * heads + h * group) * size, scale);
        for (int64_t p = 0; p * pageSize < length[b]; ++p) {
          const int64_t first = page[b * width + p] * pageSize;
          const int64_t count = std::min(pageSize, length[b] - p * pageSize);
          for (int64_t i = 0; i < count; ++i) {
            attention.look(k + (first + i) * row + h * size, v + (first + i) * row + h * size);
          }
        }
        attention.finish(out + (b * heads + h * group) * size);
      }
    });
  });
  return result;
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(retool, library) {
  library.def(
      "rotate_and_store(Tensor(a!) query, Tensor key, Tensor value, Tensor cosine, Tensor sine, "
      "Tensor slots, Tensor(b!) keys, Tensor(c!) values) -> ()");
  library.def(
      "decode_attention(Tensor query, Tensor keys, Tensor values, Tensor pages, Tensor lengths, "
      "int page_size) -> Tensor");
}

TORCH_LIBRARY_IMPL(retool, CPU, library) {
  library.impl("rotate_and_store", rotateAndStore);
  library.impl("decode_attention", decodeAttention);
}

}  // namespace retool
