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

/// One pass over a sequence's history for the G query heads of one key head, a page at a time:
/// softmax by running maximum, so that nothing of the history's length is stored. `Size` is the head
/// size where it is known when compiling (then the inner loops unroll), else 0.
template <typename T, int64_t Size>
struct GroupAttention {
  static constexpr int64_t kBlock = 16;
  int64_t group, dynamicSize;
  std::vector<float> query, sum, row;
  std::vector<float> greatest, total, scores;

  GroupAttention(int64_t groupHeads, int64_t headSize)
      : group(groupHeads), dynamicSize(headSize), query(groupHeads * headSize),
        sum(groupHeads * headSize), row(headSize), greatest(groupHeads), total(groupHeads),
        scores(groupHeads * kBlock) {}

  int64_t size() const { return Size > 0 ? Size : dynamicSize; }

  void start(const T* heads, float scale) {
    widenRow(heads, query.data(), group * size());
    for (float& x : query) x *= scale;
    std::fill(sum.begin(), sum.end(), 0.0f);
    std::fill(total.begin(), total.end(), 0.0f);
    std::fill(greatest.begin(), greatest.end(), -std::numeric_limits<float>::infinity());
  }

  /// `count` tokens (at most kBlock) whose rows lie `stride` elements apart.
  void look(const T* keys, const T* values, int64_t count, int64_t stride) {
    float* __restrict wide = row.data();
    for (int64_t i = 0; i < count; ++i) {
      widenRow(keys + i * stride, wide, size());
      for (int64_t g = 0; g < group; ++g) {
        const float* __restrict q = query.data() + g * size();
        float score = 0;
#pragma omp simd reduction(+ : score)
        for (int64_t d = 0; d < size(); ++d) score += q[d] * wide[d];
        scores[g * kBlock + i] = score;
      }
    }
    for (int64_t g = 0; g < group; ++g) weigh(g, count);
    for (int64_t i = 0; i < count; ++i) {
      widenRow(values + i * stride, wide, size());
      for (int64_t g = 0; g < group; ++g) {
        float* __restrict acc = sum.data() + g * size();
        const float weight = scores[g * kBlock + i];
#pragma omp simd
        for (int64_t d = 0; d < size(); ++d) acc[d] += weight * wide[d];
      }
    }
  }

  /// Turns the block's scores into weights under the running maximum.
  void weigh(int64_t g, int64_t count) {
    float* __restrict score = scores.data() + g * kBlock;
    float top = greatest[g];
    for (int64_t i = 0; i < count; ++i) top = score[i] > top ? score[i] : top;
    if (top > greatest[g]) {
      const float shrink = std::exp(greatest[g] - top);
      greatest[g] = top;
      total[g] *= shrink;
      float* __restrict acc = sum.data() + g * size();
#pragma omp simd
      for (int64_t d = 0; d < size(); ++d) acc[d] *= shrink;
    }
    float added = 0;
#pragma omp simd reduction(+ : added)
    for (int64_t i = 0; i < count; ++i) {
      score[i] = fastExp(score[i] - top);
      added += score[i];
    }
    total[g] += added;
  }

  void finish(T* target) {
    for (int64_t g = 0; g < group; ++g) {
      const float scale = 1.0f / total[g];
      const float* acc = sum.data() + g * size();
#pragma omp simd
      for (int64_t d = 0; d < size(); ++d) narrowTo(acc[d] * scale, target[g * size() + d]);
    }
  }
};

/// What all sequences of one call share.
template <typename T>
struct DecodeCall {
  const T *query, *keys, *values;
  T* target;
  const int64_t *pages, *lengths;
  int64_t batch, heads, kvHeads, size, width, pageSize;
};

template <typename T, int64_t Size>
void decodeAll(const DecodeCall<T>& call) {
  const int64_t group = call.heads / call.kvHeads, row = call.kvHeads * call.size;
  using Attention = GroupAttention<T, Size>;
  at::parallel_for(0, call.batch * call.kvHeads, 1, [&](int64_t begin, int64_t end) {
    Attention attention(group, call.size);
    for (int64_t task = begin; task < end; ++task) {
      const int64_t b = task / call.kvHeads, h = task % call.kvHeads;
      const int64_t place = (b * call.heads + h * group) * call.size;
      attention.start(call.query + place, 1.0f / std::sqrt(static_cast<float>(call.size)));
      for (int64_t token = 0; token < call.lengths[b];) {
        const int64_t inPage = token % call.pageSize;
        const int64_t slot = call.pages[b * call.width + token / call.pageSize] * call.pageSize + inPage;
        const int64_t count = std::min({call.pageSize - inPage, call.lengths[b] - token, Attention::kBlock});
        const int64_t first = slot * row + h * call.size;
        attention.look(call.keys + first, call.values + first, count, row);
        token += count;
      }
      attention.finish(call.target + place);
    }
  });
}

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
  withElementType(query, "decode_attention", [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    const DecodeCall<T> call{query.const_data_ptr<T>(), keys.const_data_ptr<T>(),
                             values.const_data_ptr<T>(), result.data_ptr<T>(), page, length,
                             batch, heads, kvHeads, size, width, pageSize};
    if (size == 64) decodeAll<T, 64>(call);
    else if (size == 128) decodeAll<T, 128>(call);
    else decodeAll<T, 0>(call);
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
