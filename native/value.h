// Reading JavaScript values and throwing JavaScript errors. Everything here assumes the JS thread.
#pragma once

#include <node_api.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace retool {

/// Anything that shall arrive in JavaScript as an Error with this message.
struct Refusal : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A pending JavaScript exception or an engine failure: nothing more to say.
inline void must(napi_status status, const char* what) {
  if (status != napi_ok) throw Refusal(std::string("internal: ") + what);
}

inline napi_valuetype typeOf(napi_env env, napi_value value) {
  napi_valuetype type;
  must(napi_typeof(env, value, &type), "typeof");
  return type;
}

inline bool isNothing(napi_env env, napi_value value) {
  if (value == nullptr) return true;
  const napi_valuetype type = typeOf(env, value);
  return type == napi_undefined || type == napi_null;
}

double toDouble(napi_env env, napi_value value);
int64_t toInteger(napi_env env, napi_value value);
bool toBoolean(napi_env env, napi_value value);
std::string toText(napi_env env, napi_value value);
bool isArray(napi_env env, napi_value value);
uint32_t arrayLength(napi_env env, napi_value value);
napi_value element(napi_env env, napi_value array, uint32_t index);
std::vector<int64_t> toIntegers(napi_env env, napi_value value);

napi_value fromDouble(napi_env env, double value);
napi_value fromText(napi_env env, const std::string& text);
napi_value fromBoolean(napi_env env, bool value);
napi_value nothing(napi_env env);
napi_value makeArray(napi_env env, size_t length);
void setElement(napi_env env, napi_value array, uint32_t index, napi_value value);

/// The arguments of one call; reading past the end gives nullptr, which counts as undefined.
struct Arguments {
  size_t count = few;

  Arguments(napi_env env, napi_callback_info info) {
    must(napi_get_cb_info(env, info, &count, first_, nullptr, nullptr), "arguments");
    if (count <= few) return;
    all_.resize(count);
    must(napi_get_cb_info(env, info, &count, all_.data(), nullptr, nullptr), "arguments");
  }
  Arguments(const Arguments&) = delete;
  napi_value operator[](size_t index) const {
    if (index >= count) return nullptr;
    return all_.empty() ? first_[index] : all_[index];
  }

 private:
  /// Node fills all places that it is offered: most calls have few.
  static constexpr size_t few = 6;
  napi_value first_[few];
  std::vector<napi_value> all_;
};

/// A function of the addon: it may throw anything.
using Body = napi_value (*)(napi_env, const Arguments&);

/// Turns C++ exceptions into JavaScript errors; libtorch's without their C++ stack.
napi_value guarded(napi_env env, napi_callback_info info, Body body);

template <Body body>
napi_value callback(napi_env env, napi_callback_info info) {
  return guarded(env, info, body);
}

}  // namespace retool
