// Attention of any number of new tokens of each sequence over the paged cache, in bfloat16 with
// sums in float32, for processors with AVX512-BF16. A running maximum makes one pass enough, and
// the query heads that share a key head, of several tokens, look at each block of keys together.
//
// Letters: T new tokens, P sequences, N heads, K key/value heads, G = N / K, D head size, S slots,
// W pages of the longest sequence.
#include <ATen/ops/empty_like.h>
#include <torch/library.h>

#include <atomic>
#include <cmath>
#include <limits>
#include <vector>

#include "kernel.h"
#include "vectors.h"

namespace retool {
namespace {

using Tensors = std::initializer_list<const at::Tensor*>;

/// Head sizes that have a kernel here.
bool hasPagedAttention(int64_t headSize) {
#ifdef __AVX512BF16__
  return headSize == 64 || headSize == 128;
#else
  return headSize < 0;
#endif
}

#ifdef __AVX512BF16__

constexpr int64_t kKeys = 16;
constexpr int64_t kRows = 12;
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

  /// `blocks` of neighbouring tokens, whose rows lie `stride` apart. The first look of all must show
  /// every row at least one token that it may see.
  void look(const Block* blocks, int64_t number, const Block* next, int64_t stride) {
    for (int64_t b = 0; b < number; ++b) {
      fetch(next[b], stride);
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
    const float scale = 1.0f / total_[row];
    for (int64_t d = 0; d < Size; ++d) narrowTo(sums_[row][d] * scale, target[d]);
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
        for (int lane = 0; lane < kLanes; ++lane) {
          value[lane] = widen16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(values + 16 * lane)));
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
  alignas(64) c10::BFloat16 queries_[kRows][Size];
  alignas(64) float sums_[kRows][Size];
  alignas(64) float scores_[kRows][kBlocks * kKeys];
  float greatest_[kRows], total_[kRows], shrink_[kRows];
  int64_t limits_[kRows];
};

/// What all sequences of one call share.
struct PagedCall {
  const c10::BFloat16 *query, *keys, *values;
  c10::BFloat16* target;
  const int64_t *pages, *starts;
  int64_t heads, kvHeads, width, pageSize;
};

/// New tokens of one sequence that one thread takes at once: their number is bounded by the rows.
struct Share {
  int64_t piece, row, position, tokens;
};

/// The tokens of one page from `token` on, at one head.
template <int Size>
Block blockAt(const PagedCall& call, const int64_t* pages, int64_t token, int64_t length, int64_t kvHead) {
  const int64_t inPage = token % call.pageSize;
  const int64_t slot = pages[token / call.pageSize] * call.pageSize + inPage;
  const int64_t count = std::min({call.pageSize - inPage, length - token, kKeys});
  const int64_t place = (slot * call.kvHeads + kvHead) * Size;
  return {call.keys + place, call.values + place, token, count};
}

/// The heads from `begin` to `end` together, so that each page is read in one go.
template <int Size>
void lookAtShare(const PagedCall& call, const Share& share, int64_t begin, int64_t end,
                 std::vector<Rows<Size>>& rows) {
  const int64_t group = call.heads / call.kvHeads, stride = call.kvHeads * Size;
  const int64_t* pages = call.pages + share.piece * call.width;
  const auto place = [&](int64_t token, int64_t kvHead, int64_t g) {
    return ((share.row + token) * call.heads + kvHead * group + g) * Size;
  };
  for (int64_t h = begin; h < end; ++h) {
    rows[h].start();
    for (int64_t t = 0; t < share.tokens; ++t) {
      for (int64_t g = 0; g < group; ++g) rows[h].add(call.query + place(t, h, g), share.position + t + 1);
    }
  }
  const int64_t length = share.position + share.tokens;
  Block blocks[kBlocks] = {}, next[kBlocks] = {};
  int64_t token = 0;
  const auto fill = [&](Block* some) {
    int64_t number = 0;
    for (; number < kBlocks && token < length; token += some[number++].count) {
      some[number] = blockAt<Size>(call, pages, token, length, begin);
    }
    for (int64_t b = number; b < kBlocks; ++b) some[b].count = 0;
    return number;
  };
  int64_t number = fill(blocks);
  while (number > 0) {
    const int64_t following = fill(next);
    for (int64_t h = begin; h < end; ++h) {
      rows[h].look(blocks, number, next, stride);
      for (Block& block : blocks) block.keys += Size, block.values += Size;
      for (Block& block : next) block.keys += Size, block.values += Size;
    }
    for (int64_t b = 0; b < following; ++b) blocks[b] = blockAt<Size>(call, pages, next[b].first, length, begin);
    number = following;
  }
  for (int64_t h = begin; h < end; ++h) {
    for (int64_t t = 0; t < share.tokens; ++t) {
      for (int64_t g = 0; g < group; ++g) rows[h].finish(t * group + g, call.target + place(t, h, g));
    }
  }
}

template <int Size>
void lookAtAll(const PagedCall& call, const std::vector<Share>& shares) {
  const int64_t count = static_cast<int64_t>(shares.size()), threads = at::get_num_threads();
  // With few shares the heads of one are work for several threads.
  const int64_t heads = count >= 4 * threads ? call.kvHeads : 1, parts = call.kvHeads / heads;
  const int64_t tasks = count * parts;
  // Late tokens of a prompt see more than early ones: threads take what is next, not equal parts.
  std::atomic<int64_t> next{0};
  at::parallel_for(0, std::min(threads, tasks), 1, [&](int64_t from, int64_t to) {
    std::vector<Rows<Size>> rows(call.kvHeads, Rows<Size>(1.0f / std::sqrt(static_cast<float>(Size))));
    for (int64_t worker = from; worker < to; ++worker) {
      for (int64_t task; (task = next.fetch_add(1)) < tasks;) {
        const int64_t part = task % parts;
        lookAtShare<Size>(call, shares[task / parts], part * heads, (part + 1) * heads, rows);
      }
    }
  });
}

std::vector<Share> sharesOf(const int64_t* starts, const int64_t* counts, int64_t pieces, int64_t most) {
  std::vector<Share> shares;
  int64_t row = 0;
  for (int64_t piece = 0; piece < pieces; ++piece) {
    for (int64_t done = 0; done < counts[piece]; done += most) {
      shares.push_back({piece, row + done, starts[piece] + done, std::min(most, counts[piece] - done)});
    }
    row += counts[piece];
  }
  return shares;
}

/// query [T, N, D]; caches [S, K, D], which hold the new tokens already; pages [P, W] of pageSize
/// slots; starts [P] tokens before the new ones; counts [P] new tokens, T in all -> [T, N, D].
at::Tensor pagedAttention(const at::Tensor& query, const at::Tensor& keys, const at::Tensor& values,
                          const at::Tensor& pages, const at::Tensor& starts, const at::Tensor& counts,
                          int64_t pageSize) {
  for (const at::Tensor* t : Tensors{&query, &keys, &values, &pages, &starts, &counts}) {
    TORCH_CHECK(t->is_contiguous(), "paged_attention takes contiguous tensors");
  }
  for (const at::Tensor* t : Tensors{&query, &keys, &values}) {
    TORCH_CHECK(t->dim() == 3 && t->scalar_type() == at::kBFloat16, "paged_attention takes bfloat16");
  }
  for (const at::Tensor* t : Tensors{&pages, &starts, &counts}) {
    TORCH_CHECK(t->scalar_type() == at::kLong, "pages, starts and counts are whole numbers");
  }
  const int64_t heads = query.size(1), size = query.size(2), kvHeads = keys.size(1);
  TORCH_CHECK(keys.sizes() == values.sizes() && keys.size(2) == size && heads % kvHeads == 0, "cache");
  TORCH_CHECK(heads / kvHeads <= kRows, "at most ", kRows, " heads to a key head");
  const int64_t pieces = pages.size(0), width = pages.size(1);
  TORCH_CHECK(starts.numel() == pieces && counts.numel() == pieces && pageSize > 0, "starts and counts");
  const int64_t *page = pages.const_data_ptr<int64_t>(), *start = starts.const_data_ptr<int64_t>();
  const int64_t* count = counts.const_data_ptr<int64_t>();
  int64_t tokens = 0;
  for (int64_t p = 0; p < pieces; ++p) {
    const int64_t length = start[p] + count[p];
    TORCH_CHECK(start[p] >= 0 && count[p] > 0 && length <= width * pageSize, "length ", length);
    for (int64_t i = 0; i * pageSize < length; ++i) {
      const int64_t first = page[p * width + i] * pageSize;
      TORCH_CHECK(first >= 0 && first + pageSize <= keys.size(0), "page outside the cache");
    }
    tokens += count[p];
  }
  TORCH_CHECK(tokens == query.size(0), tokens, " new tokens, ", query.size(0), " queries");
  at::Tensor result = at::empty_like(query);
  const PagedCall call{query.const_data_ptr<c10::BFloat16>(), keys.const_data_ptr<c10::BFloat16>(),
                       values.const_data_ptr<c10::BFloat16>(), result.data_ptr<c10::BFloat16>(),
                       page, start, heads, kvHeads, width, pageSize};
  const auto shares = sharesOf(start, count, pieces, std::max<int64_t>(kRows / (heads / kvHeads), 1));
  if (size == 64) lookAtAll<64>(call, shares);
  else if (size == 128) lookAtAll<128>(call, shares);
  else TORCH_CHECK(false, "paged_attention knows the head sizes 64 and 128, not ", size);
  return result;
}

#else

at::Tensor pagedAttention(const at::Tensor&, const at::Tensor&, const at::Tensor&, const at::Tensor&,
                          const at::Tensor&, const at::Tensor&, int64_t) {
  TORCH_CHECK(false, "paged_attention needs a processor with AVX512-BF16");
}

#endif

}  // namespace

TORCH_LIBRARY_FRAGMENT(retool, library) {
  library.def("has_paged_attention(int head_size) -> bool", hasPagedAttention);
  library.def(
      "paged_attention(Tensor query, Tensor keys, Tensor values, Tensor pages, Tensor starts, "
      "Tensor counts, int page_size) -> Tensor");
}

TORCH_LIBRARY_IMPL(retool, CPU, library) { library.impl("paged_attention", pagedAttention); }

}  // namespace retool
