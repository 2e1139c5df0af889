// See handles.h.
#include "handles.h"

#include <sstream>

namespace retool {

HandleTable<at::Tensor>& tensors() {
  static thread_local auto* table = new HandleTable<at::Tensor>("tensor");
  return *table;
}

HandleTable<at::Generator>& generators() {
  static thread_local auto* table = new HandleTable<at::Generator>("generator");
  return *table;
}

std::vector<at::Tensor> toTensors(napi_env env, napi_value value) {
  const uint32_t length = arrayLength(env, value);
  std::vector<at::Tensor> list;
  list.reserve(length);
  for (uint32_t i = 0; i < length; ++i) list.push_back(toTensor(env, element(env, value, i)));
  return list;
}

napi_value fromTensors(napi_env env, at::TensorList list) {
  napi_value array = makeArray(env, list.size());
  for (size_t i = 0; i < list.size(); ++i) setElement(env, array, i, fromTensor(env, list[i]));
  return array;
}

static const char* dtypeName(at::ScalarType type) {
  switch (type) {
    case at::kFloat: return "float32";
    case at::kDouble: return "float64";
    case at::kBFloat16: return "bfloat16";
    case at::kHalf: return "float16";
    case at::kLong: return "int64";
    case at::kInt: return "int32";
    case at::kShort: return "int16";
    case at::kChar: return "int8";
    case at::kByte: return "uint8";
    case at::kBool: return "bool";
    default: return c10::toString(type);
  }
}

std::string describe(const at::Tensor& tensor) {
  if (!tensor.defined()) return "undefined tensor";
  std::ostringstream text;
  text << dtypeName(tensor.scalar_type()) << '[';
  for (int64_t i = 0; i < tensor.dim(); ++i) text << (i ? ", " : "") << tensor.size(i);
  text << "] " << tensor.device().str();
  return text.str();
}

}  // namespace retool
