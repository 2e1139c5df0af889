// Handles: JavaScript holds numbers, never pointers. A number names a place in a table and the
// generation of its occupant, so that a freed or invented handle is refused, not followed.
#pragma once

#include <ATen/ATen.h>

#include "value.h"

namespace retool {

template <typename T>
class HandleTable {
 public:
  explicit HandleTable(const char* what) : what_(what) {}

  double insert(T value) {
    uint32_t index;
    if (free_.empty()) {
      index = static_cast<uint32_t>(slots_.size());
      if (index >= kMaxSlots) throw Refusal(std::string("too many live ") + what_ + "s");
      slots_.emplace_back();
    } else {
      index = free_.back();
      free_.pop_back();
    }
    Slot& slot = slots_[index];
    slot.value = std::move(value);
    slot.live = true;
    ++live_;
    return static_cast<double>(slot.generation) * kMaxSlots + index;
  }

  T& at(double handle) { return find(handle).value; }

  void erase(double handle) {
    Slot& slot = find(handle);
    slot.value = T();
    slot.live = false;
    slot.generation = (slot.generation + 1) & kGenerationMask;
    free_.push_back(static_cast<uint32_t>(&slot - slots_.data()));
    --live_;
  }

  size_t live() const { return live_; }

  template <typename Visit>
  void each(Visit visit) const {
    for (const Slot& slot : slots_)
      if (slot.live) visit(slot.value);
  }

 private:
  // 24 bits of index and 28 of generation fit the 53 bits of a JavaScript number.
  static constexpr uint32_t kMaxSlots = 1u << 24;
  static constexpr uint32_t kGenerationMask = (1u << 28) - 1;

  struct Slot {
    T value;
    uint32_t generation = 1;
    bool live = false;
  };

  Slot& find(double handle) {
    if (handle >= 0 && handle < 9007199254740992.0) {
      const uint64_t bits = static_cast<uint64_t>(handle);
      const uint32_t index = bits % kMaxSlots;
      const uint32_t generation = static_cast<uint32_t>(bits / kMaxSlots);
      if (index < slots_.size()) {
        Slot& slot = slots_[index];
        if (slot.live && slot.generation == generation) return slot;
        if (generation != 0 && generation < slot.generation) {
          throw Refusal(std::string("this ") + what_ + " was freed");
        }
      }
    }
    if (handle == -1) throw Refusal(std::string("this ") + what_ + " was freed");
    throw Refusal(std::string("not a ") + what_ + " handle");
  }

  const char* what_;
  std::vector<Slot> slots_;
  std::vector<uint32_t> free_;
  size_t live_ = 0;
};

/// The tables of this thread. Never destroyed: libtorch may be gone by then.
HandleTable<at::Tensor>& tensors();
HandleTable<at::Generator>& generators();

inline at::Tensor& toTensor(napi_env env, napi_value value) {
  double handle = -1;
  if (value == nullptr || napi_get_value_double(env, value, &handle) != napi_ok) {
    throw Refusal("expected a tensor");
  }
  return tensors().at(handle);
}

/// A handle for JavaScript; null for an undefined tensor.
inline napi_value fromTensor(napi_env env, at::Tensor tensor) {
  if (!tensor.defined()) return nothing(env);
  return fromDouble(env, tensors().insert(std::move(tensor)));
}

std::vector<at::Tensor> toTensors(napi_env env, napi_value value);
napi_value fromTensors(napi_env env, at::TensorList list);

/// Such as `float32[2, 3] cpu`.
std::string describe(const at::Tensor& tensor);

}  // namespace retool
