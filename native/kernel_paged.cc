// Attention of any number of new tokens of each sequence over the paged cache, in bfloat16 with
// sums in float32, for processors with AVX512-BF16. A running maximum makes one pass enough, and
// the query heads that share a key head, of several tokens, look at each block of keys together.
//
// Letters: T new tokens, P sequences, N heads, K key/value heads, G = N / K, D head size, S slots,
// W pages of the longest sequence.
#include <ATen/ops/empty_like.h>
#include <torch/library.h>

#include <atomic>
#include <functional>
#include <optional>
#include <vector>

#include "kernel.h"
#include "query_rows.h"

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

/// Heads of a share that one thread takes at once.
struct Task {
  const Share* share;
  int64_t beginHead, endHead;
};

/// A few blocks of one task: as many as are looked at between two maxima.
struct Look {
  Task task;
  /// At the first head of the task.
  Block blocks[kBlocks];
  int64_t number;
  bool begins, ends;
};

/// What one thread looks at, task after task: the next look is known while it is at the present one, so
/// that memory can be asked for it in time.
template <int Size>
class Walk {
 public:
  using NextTask = std::function<std::optional<Task>()>;

  Walk(const PagedCall& call, NextTask nextTask) : call_(call), nextTask_(std::move(nextTask)) {}

  /// No blocks at the end of all.
  Look next() {
    Look look{};
    look.begins = token_ == length_;
    if (look.begins) {
      task_ = nextTask_();
      if (!task_) return look;
      token_ = 0;
      length_ = task_->share->position + task_->share->tokens;
    }
    look.task = *task_;
    while (look.number < kBlocks && token_ < length_) {
      const Block block = blockAt();
      look.blocks[look.number++] = block;
      token_ += block.count;
    }
    look.ends = token_ == length_;
    return look;
  }

 private:
  /// The tokens of one page from `token_` on.
  Block blockAt() const {
    const int64_t page = call_.pages[task_->share->piece * call_.width + token_ / call_.pageSize];
    const int64_t inPage = token_ % call_.pageSize, slot = page * call_.pageSize + inPage;
    const int64_t count = std::min({call_.pageSize - inPage, length_ - token_, kKeys});
    const int64_t place = (slot * call_.kvHeads + task_->beginHead) * Size;
    return {call_.keys + place, call_.values + place, token_, count};
  }

  const PagedCall& call_;
  const NextTask nextTask_;
  std::optional<Task> task_;
  int64_t token_ = 0, length_ = 0;
};

/// All query heads of the task's key heads, token by token: where each has its query and its result.
template <int Size, typename Body>
void eachRow(const PagedCall& call, const Task& task, Body body) {
  const int64_t group = call.heads / call.kvHeads;
  for (int64_t h = task.beginHead; h < task.endHead; ++h) {
    for (int64_t t = 0; t < task.share->tokens; ++t) {
      for (int64_t g = 0; g < group; ++g) {
        body(h, t * group + g, ((task.share->row + t) * call.heads + h * group + g) * Size);
      }
    }
  }
}

template <int Size>
void lookAtTasks(const PagedCall& call, typename Walk<Size>::NextTask nextTask) {
  const int64_t group = call.heads / call.kvHeads, stride = call.kvHeads * Size;
  std::vector<Rows<Size>> rows(call.kvHeads, Rows<Size>(1.0f / std::sqrt(static_cast<float>(Size))));
  Walk<Size> walk(call, std::move(nextTask));
  for (Look look = walk.next(), next{}; look.number > 0; look = next) {
    next = walk.next();
    if (look.begins) {
      for (Rows<Size>& head : rows) head.start();
      eachRow<Size>(call, look.task, [&](int64_t h, int64_t row, int64_t place) {
        rows[h].add(call.query + place, look.task.share->position + row / group + 1);
      });
    }
    // Head by head of one page: it is read in one go.
    Look ahead = next;
    for (int64_t h = look.task.beginHead; h < look.task.endHead; ++h) {
      rows[h].look(look.blocks, look.number, ahead.blocks, stride);
      for (Block& block : look.blocks) block.keys += Size, block.values += Size;
      for (Block& block : ahead.blocks) block.keys += Size, block.values += Size;
    }
    if (!look.ends) continue;
    eachRow<Size>(call, look.task, [&](int64_t h, int64_t row, int64_t place) {
      rows[h].finish(row, call.target + place);
    });
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
    for (int64_t worker = from; worker < to; ++worker) {
      lookAtTasks<Size>(call, [&]() -> std::optional<Task> {
        const int64_t task = next.fetch_add(1), first = task % parts * heads;
        if (task >= tasks) return std::nullopt;
        return Task{&shares[task / parts], first, first + heads};
      });
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
  TORCH_CHECK(heads / kvHeads <= kQueryRows, "at most ", kQueryRows, " heads to a key head");
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
  const auto shares = sharesOf(start, count, pieces, std::max<int64_t>(kQueryRows / (heads / kvHeads), 1));
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
