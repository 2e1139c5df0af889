// Where tensors and JavaScript's typed arrays meet, and what is alive.
#include "memory.h"

#include <cstring>
#include <mutex>
#include <thread>
#include <unordered_set>

#include "handles.h"

namespace retool {
namespace {

struct TypedArray {
  void* data;
  size_t length;
  size_t bytes;
  napi_value buffer;
};

size_t elementBytes(napi_typedarray_type type) {
  switch (type) {
    case napi_int8_array:
    case napi_uint8_array:
    case napi_uint8_clamped_array: return 1;
    case napi_int16_array:
    case napi_uint16_array: return 2;
    case napi_int32_array:
    case napi_uint32_array:
    case napi_float32_array: return 4;
    default: return 8;
  }
}

TypedArray toTypedArray(napi_env env, napi_value value) {
  bool is = false;
  if (value == nullptr || napi_is_typedarray(env, value, &is) != napi_ok || !is) {
    throw Refusal("expected a typed array");
  }
  TypedArray array{};
  napi_typedarray_type type;
  size_t offset = 0;
  must(napi_get_typedarray_info(env, value, &type, &array.length, &array.data, &array.buffer, &offset),
       "typed array");
  array.bytes = array.length * elementBytes(type);
  return array;
}

/// References that tensors hold on JavaScript's buffers. libtorch may drop a storage on any thread;
/// the reference itself is released on the JavaScript thread, at the next creation.
struct Borrowed {
  std::mutex mutex;
  std::vector<std::pair<napi_env, napi_ref>> released;
};

Borrowed& borrowed() {
  static auto* state = new Borrowed();
  return *state;
}

void releaseBorrowed(napi_env env) {
  std::lock_guard<std::mutex> lock(borrowed().mutex);
  auto& list = borrowed().released;
  for (size_t i = list.size(); i-- > 0;) {
    if (list[i].first != env) continue;
    napi_delete_reference(env, list[i].second);
    list.erase(list.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

int64_t elementCount(const std::vector<int64_t>& shape) {
  int64_t count = 1;
  for (const int64_t size : shape) {
    if (size < 0) throw Refusal("a shape has a negative size");
    if (__builtin_mul_overflow(count, size, &count)) throw Refusal("a shape is too large");
  }
  return count;
}

}  // namespace

napi_value fromArray(napi_env env, const Arguments& arguments) {
  releaseBorrowed(env);
  const TypedArray array = toTypedArray(env, arguments[0]);
  const auto dtype = static_cast<at::ScalarType>(toInteger(env, arguments[1]));
  const std::vector<int64_t> shape = toIntegers(env, arguments[2]);
  const size_t needed = static_cast<size_t>(elementCount(shape)) * c10::elementSize(dtype);
  if (needed != array.bytes) {
    throw Refusal("the shape asks for " + std::to_string(needed) + " bytes, the array has " +
                  std::to_string(array.bytes));
  }
  const auto options = at::TensorOptions().dtype(dtype);
  if (!toBoolean(env, arguments[3]) || array.bytes == 0) {
    at::Tensor copy = at::empty(shape, options);
    if (array.bytes > 0) std::memcpy(copy.data_ptr(), array.data, array.bytes);
    return fromTensor(env, copy);
  }
  napi_ref reference = nullptr;
  must(napi_create_reference(env, array.buffer, 1, &reference), "reference");
  const auto give_back = [env, reference](void*) {
    std::lock_guard<std::mutex> lock(borrowed().mutex);
    borrowed().released.emplace_back(env, reference);
  };
  return fromTensor(env, at::from_blob(array.data, shape, give_back, options));
}

napi_value readInto(napi_env env, const Arguments& arguments) {
  const at::Tensor tensor = toTensor(env, arguments[0]).detach().to(at::kCPU).contiguous();
  const TypedArray array = toTypedArray(env, arguments[1]);
  if (tensor.nbytes() != array.bytes) {
    throw Refusal(describe(tensor) + " has " + std::to_string(tensor.nbytes()) +
                  " bytes, the array " + std::to_string(array.bytes));
  }
  if (array.bytes > 0) std::memcpy(array.data, tensor.const_data_ptr(), array.bytes);
  return nothing(env);
}

napi_value shareMemory(napi_env env, const Arguments& arguments) {
  const at::Tensor& tensor = toTensor(env, arguments[0]);
  if (!tensor.device().is_cpu() || !tensor.is_contiguous() || tensor.requires_grad()) {
    throw Refusal("only a contiguous tensor on the CPU without gradient can share its memory, not " +
                  describe(tensor));
  }
  napi_value buffer = nullptr;
  if (tensor.nbytes() == 0) {
    void* data = nullptr;
    must(napi_create_arraybuffer(env, 0, &data, &buffer), "array buffer");
    return buffer;
  }
  auto* keeper = new at::Tensor(tensor);
  const auto drop = [](napi_env, void*, void* hint) { delete static_cast<at::Tensor*>(hint); };
  const napi_status status = napi_create_external_arraybuffer(
      env, tensor.data_ptr(), tensor.nbytes(), drop, keeper, &buffer);
  if (status != napi_ok) {
    delete keeper;
    throw Refusal("this memory already belongs to an array buffer, or none can be made of it");
  }
  return buffer;
}

napi_value freeTensors(napi_env env, const Arguments& arguments) {
  const TypedArray array = toTypedArray(env, arguments[0]);
  const int64_t count = toInteger(env, arguments[1]);
  if (count < 0 || static_cast<size_t>(count) * sizeof(double) > array.bytes) throw Refusal("no such handles");
  const auto* handles = static_cast<const double*>(array.data);
  for (int64_t i = 0; i < count; ++i) tensors().erase(handles[i]);
  return nullptr;
}

napi_value aliasTensor(napi_env env, const Arguments& arguments) {
  return fromTensor(env, toTensor(env, arguments[0]));
}

napi_value shapeOf(napi_env env, const Arguments& arguments) {
  const at::IntArrayRef sizes = toTensor(env, arguments[0]).sizes();
  napi_value array = makeArray(env, sizes.size());
  for (size_t i = 0; i < sizes.size(); ++i) setElement(env, array, i, fromDouble(env, sizes[i]));
  return array;
}

napi_value dtypeOf(napi_env env, const Arguments& arguments) {
  return fromDouble(env, static_cast<int>(toTensor(env, arguments[0]).scalar_type()));
}

napi_value deviceOf(napi_env env, const Arguments& arguments) {
  return fromText(env, toTensor(env, arguments[0]).device().str());
}

napi_value isContiguous(napi_env env, const Arguments& arguments) {
  return fromBoolean(env, toTensor(env, arguments[0]).is_contiguous());
}

napi_value liveTensors(napi_env env, const Arguments&) {
  std::unordered_set<const void*> seen;
  double bytes = 0;
  tensors().each([&](const at::Tensor& tensor) {
    if (!tensor.has_storage()) return;
    const c10::StorageImpl* storage = tensor.storage().unsafeGetStorageImpl();
    if (seen.insert(storage).second) bytes += static_cast<double>(storage->nbytes());
  });
  napi_value array = makeArray(env, 2);
  setElement(env, array, 0, fromDouble(env, static_cast<double>(tensors().live())));
  setElement(env, array, 1, fromDouble(env, bytes));
  return array;
}

}  // namespace retool
