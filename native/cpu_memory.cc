// Memory of tensors on the CPU. The system's allocator gives large blocks back to the kernel when
// they are freed, which clears every page again at the next use: a sixth of a training step. Here
// freed blocks are kept and given out again. Blocks in use and kept ones together stay within five
// quarters of what was once in use; beyond that the kept ones that were freed first go back.
#include "cpu_memory.h"

#include <c10/core/CPUAllocator.h>

#include <algorithm>
#include <cstdlib>
#include <list>
#include <mutex>
#include <unordered_map>
#include <vector>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace retool {

#if defined(__linux__)
namespace {

/// Before each block, and as far as vectors want to be aligned.
constexpr size_t kHeader = 64;
/// Smaller blocks are the system's own business.
constexpr size_t kLeastKept = 128 << 10;
/// From here on, pages of 2 MiB are worth asking for.
constexpr size_t kLeastHuge = 4 << 20;

struct Header {
  /// Of the mapping, this header included; 0 for a block of the system's allocator.
  size_t bytes;
};

Header* headerOf(void* data) {
  return reinterpret_cast<Header*>(static_cast<char*>(data) - kHeader);
}

/// Up to an eighth more, so that blocks of about the same size can stand for one another.
size_t roundedUp(size_t bytes) {
  size_t step = kLeastKept / 8;
  while (step * 16 <= bytes) step *= 2;
  return (bytes + step - 1) / step * step;
}

class KeptBlocks {
 public:
  /// A block that was freed last, or null.
  void* take(size_t bytes) {
    const auto found = bySize_.find(bytes);
    if (found == bySize_.end() || found->second.empty()) return nullptr;
    const auto place = found->second.back();
    found->second.pop_back();
    void* block = place->block;
    byAge_.erase(place);
    bytes_ -= bytes;
    return block;
  }

  size_t bytes() const { return bytes_; }

  void keep(void* block, size_t bytes) {
    bytes_ += bytes;
    byAge_.push_back({block, bytes});
    bySize_[bytes].push_back(std::prev(byAge_.end()));
  }

  /// Gives the oldest back until so many bytes are free again, or none is left.
  void release(size_t wanted) {
    size_t released = 0;
    while (released < wanted && !byAge_.empty()) {
      const auto oldest = byAge_.begin();
      auto& same = bySize_[oldest->bytes];
      // The oldest of all is the oldest of its size.
      same.erase(same.begin());
      munmap(oldest->block, oldest->bytes);
      released += oldest->bytes;
      bytes_ -= oldest->bytes;
      byAge_.erase(oldest);
    }
  }

 private:
  struct Kept {
    void* block;
    size_t bytes;
  };
  size_t bytes_ = 0;
  std::list<Kept> byAge_;
  std::unordered_map<size_t, std::vector<std::list<Kept>::iterator>> bySize_;
};

struct Memory {
  std::mutex mutex;
  KeptBlocks kept;
  /// Bytes of the blocks in use now, and at most so far.
  size_t used = 0;
  size_t mostUsed = 0;
};

/// Never destroyed: tensors may be freed after everything else.
Memory& memory() {
  static auto* state = new Memory();
  return *state;
}

void* mapped(size_t bytes) {
  void* block = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (block == MAP_FAILED) return nullptr;
  if (bytes >= kLeastHuge) madvise(block, bytes, MADV_HUGEPAGE);
  return block;
}

void* largeBlock(size_t bytes) {
  Memory& all = memory();
  std::lock_guard<std::mutex> lock(all.mutex);
  all.used += bytes;
  all.mostUsed = std::max(all.mostUsed, all.used);
  if (void* block = all.kept.take(bytes)) return block;
  const size_t most = all.mostUsed + all.mostUsed / 4;
  const size_t whole = all.used + all.kept.bytes();
  if (whole > most) all.kept.release(whole - most);
  if (void* block = mapped(bytes)) return block;
  all.kept.release(SIZE_MAX);
  return mapped(bytes);
}

void freeBlock(void* data) {
  if (data == nullptr) return;
  Header* header = headerOf(data);
  if (header->bytes == 0) return std::free(header);
  std::lock_guard<std::mutex> lock(memory().mutex);
  memory().used -= header->bytes;
  memory().kept.keep(header, header->bytes);
}

struct KeepingAllocator final : at::Allocator {
  at::DataPtr allocate(size_t bytes) override {
    void* block = nullptr;
    if (bytes == 0) return {nullptr, nullptr, &freeBlock, at::Device(at::kCPU)};
    const size_t whole = bytes + kHeader;
    const size_t kept = whole < kLeastKept ? 0 : roundedUp(whole);
    if (kept > 0) {
      block = largeBlock(kept);
    } else if (posix_memalign(&block, kHeader, whole) != 0) {
      block = nullptr;
    }
    TORCH_CHECK(block != nullptr, "not enough memory for a tensor of ", bytes, " bytes");
    static_cast<Header*>(block)->bytes = kept;
    void* data = static_cast<char*>(block) + kHeader;
    return {data, data, &freeBlock, at::Device(at::kCPU)};
  }
  at::DeleterFnPtr raw_deleter() const override { return &freeBlock; }
  void copy_data(void* target, const void* source, size_t count) const override {
    default_copy_data(target, source, count);
  }
};

}  // namespace

void keepMemory() {
  static std::once_flag once;
  std::call_once(once, [] { c10::SetCPUAllocator(new KeepingAllocator()); });
}
#else
void keepMemory() {}
#endif

}  // namespace retool
