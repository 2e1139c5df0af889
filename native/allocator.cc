// Memory of large tensors, kept when they are freed for the next one of their size: a training step
// asks for the same sizes over and over, and fresh memory is cleared by the system page by page,
// which took a quarter of a step's time.
#include "allocator.h"

#include <c10/core/CPUAllocator.h>
#include <c10/core/impl/alloc_cpu.h>
#include <sys/mman.h>

#include <list>
#include <map>
#include <mutex>
#include <unordered_map>

namespace retool {
namespace {

constexpr size_t kSmall = size_t{1} << 20;
constexpr size_t kHugePage = size_t{2} << 20;

size_t roundUp(size_t bytes, size_t unit) { return (bytes + unit - 1) / unit * unit; }

class BlockCache {
 public:
  void* take(size_t bytes) {
    const size_t wanted = roundUp(bytes, bytes < 8 * kHugePage ? kHugePage / 8 : kHugePage);
    std::lock_guard<std::mutex> lock(mutex_);
    const auto found = bySize_.lower_bound(wanted);
    if (found != bySize_.end() && found->first <= wanted + wanted / 4) {
      const Block block = *found->second;
      forget(found);
      used_[block.data] = block.bytes;
      return block.data;
    }
    void* data = map(wanted);
    if (data == nullptr) {
      trimTo(0);
      data = map(wanted);
    }
    TORCH_CHECK(data != nullptr, "not enough memory: ", bytes, " bytes for one tensor");
    used_[data] = wanted;
    return data;
  }

  /// False where the memory is not of this cache.
  bool give(void* data) {
    // All blocks begin at a huge page; hardly anything else does, and asks for no lock.
    if (reinterpret_cast<size_t>(data) % kHugePage != 0) return false;
    std::lock_guard<std::mutex> lock(mutex_);
    const auto found = used_.find(data);
    if (found == used_.end()) return false;
    const Block block{data, found->second};
    used_.erase(found);
    if (block.bytes > limit_) {
      munmap(block.data, block.bytes);
      return true;
    }
    trimTo(limit_ - block.bytes);
    oldestFirst_.push_back(block);
    bySize_.emplace(block.bytes, std::prev(oldestFirst_.end()));
    kept_ += block.bytes;
    return true;
  }

  size_t setLimit(size_t bytes) {
    std::lock_guard<std::mutex> lock(mutex_);
    limit_ = bytes;
    trimTo(limit_);
    return kept_;
  }

 private:
  struct Block {
    void* data;
    size_t bytes;
  };
  using Place = std::list<Block>::iterator;
  using Entry = std::multimap<size_t, Place>::iterator;

  void forget(Entry entry) {
    kept_ -= entry->first;
    oldestFirst_.erase(entry->second);
    bySize_.erase(entry);
  }

  void trimTo(size_t bytes) {
    while (kept_ > bytes) {
      const Block block = oldestFirst_.front();
      auto entry = bySize_.lower_bound(block.bytes);
      while (entry->second->data != block.data) ++entry;
      forget(entry);
      munmap(block.data, block.bytes);
    }
  }

  /// On a border of huge pages, which spare most of the faults. Null where there is no memory.
  static void* map(size_t bytes) {
    void* whole = mmap(nullptr, bytes + kHugePage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (whole == MAP_FAILED) return nullptr;
    auto* begin = static_cast<char*>(whole);
    const size_t before = roundUp(reinterpret_cast<size_t>(begin), kHugePage) - reinterpret_cast<size_t>(begin);
    if (before > 0) munmap(begin, before);
    if (before < kHugePage) munmap(begin + before + bytes, kHugePage - before);
#ifdef MADV_HUGEPAGE
    madvise(begin + before, bytes, MADV_HUGEPAGE);
#endif
    return begin + before;
  }

  std::mutex mutex_;
  std::list<Block> oldestFirst_;
  std::multimap<size_t, Place> bySize_;
  std::unordered_map<void*, size_t> used_;
  size_t kept_ = 0, limit_ = 0;
};

/// Never destroyed: tensors may outlive everything.
BlockCache& blocks() {
  static auto* cache = new BlockCache();
  return *cache;
}

void release(void* data) {
  if (!blocks().give(data)) c10::free_cpu(data);
}

class KeepingAllocator final : public c10::Allocator {
 public:
  c10::DataPtr allocate(size_t bytes) override {
    void* data = bytes < kSmall ? c10::alloc_cpu(bytes) : blocks().take(bytes);
    return {data, data, &release, c10::Device(c10::DeviceType::CPU)};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &release; }
  void copy_data(void* target, const void* source, size_t count) const override {
    default_copy_data(target, source, count);
  }
};

}  // namespace

napi_value keepMemory(napi_env env, const Arguments& arguments) {
  const double bytes = toDouble(env, arguments[0]);
  if (!(bytes >= 0 && bytes < 1e15)) throw Refusal("bytes to keep must be a size");
  static const bool installed = [] {
    c10::SetCPUAllocator(new KeepingAllocator(), 1);
    return true;
  }();
  (void)installed;
  return fromDouble(env, static_cast<double>(blocks().setLimit(static_cast<size_t>(bytes))));
}

}  // namespace retool
