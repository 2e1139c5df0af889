// See value.h.
#include "value.h"

#include <c10/util/Exception.h>

#include <cmath>

namespace retool {

double toDouble(napi_env env, napi_value value) {
  double number = 0;
  if (value == nullptr || napi_get_value_double(env, value, &number) != napi_ok) {
    bool flag = false;
    if (value != nullptr && napi_get_value_bool(env, value, &flag) == napi_ok) return flag ? 1 : 0;
    throw Refusal("expected a number");
  }
  return number;
}

int64_t toInteger(napi_env env, napi_value value) {
  if (value != nullptr && typeOf(env, value) == napi_bigint) {
    int64_t integer = 0;
    bool lossless = false;
    must(napi_get_value_bigint_int64(env, value, &integer, &lossless), "bigint");
    if (!lossless) throw Refusal("expected an integer of at most 64 bits");
    return integer;
  }
  const double number = toDouble(env, value);
  // 2^53 and beyond are not exact; NaN fails the comparison as well.
  if (!(std::fabs(number) <= 9007199254740992.0) || number != std::floor(number)) {
    throw Refusal("expected an integer, got " + std::to_string(number));
  }
  return static_cast<int64_t>(number);
}

bool toBoolean(napi_env env, napi_value value) {
  bool flag = false;
  if (value == nullptr || napi_get_value_bool(env, value, &flag) != napi_ok) {
    throw Refusal("expected true or false");
  }
  return flag;
}

std::string toText(napi_env env, napi_value value) {
  size_t length = 0;
  if (value == nullptr || napi_get_value_string_utf8(env, value, nullptr, 0, &length) != napi_ok) {
    throw Refusal("expected a string");
  }
  std::string text(length, '\0');
  must(napi_get_value_string_utf8(env, value, text.data(), length + 1, &length), "string");
  return text;
}

bool isArray(napi_env env, napi_value value) {
  bool result = false;
  return value != nullptr && napi_is_array(env, value, &result) == napi_ok && result;
}

uint32_t arrayLength(napi_env env, napi_value value) {
  uint32_t length = 0;
  if (!isArray(env, value)) throw Refusal("expected an array");
  must(napi_get_array_length(env, value, &length), "array length");
  return length;
}

napi_value element(napi_env env, napi_value array, uint32_t index) {
  napi_value value = nullptr;
  must(napi_get_element(env, array, index, &value), "array element");
  return value;
}

std::vector<int64_t> toIntegers(napi_env env, napi_value value) {
  const uint32_t length = arrayLength(env, value);
  std::vector<int64_t> integers(length);
  for (uint32_t i = 0; i < length; ++i) integers[i] = toInteger(env, element(env, value, i));
  return integers;
}

napi_value fromDouble(napi_env env, double number) {
  napi_value value = nullptr;
  must(napi_create_double(env, number, &value), "number");
  return value;
}

napi_value fromText(napi_env env, const std::string& text) {
  napi_value value = nullptr;
  must(napi_create_string_utf8(env, text.data(), text.size(), &value), "string");
  return value;
}

napi_value fromBoolean(napi_env env, bool flag) {
  napi_value value = nullptr;
  must(napi_get_boolean(env, flag, &value), "boolean");
  return value;
}

napi_value nothing(napi_env env) {
  napi_value value = nullptr;
  must(napi_get_null(env, &value), "null");
  return value;
}

napi_value makeArray(napi_env env, size_t length) {
  napi_value array = nullptr;
  must(napi_create_array_with_length(env, length, &array), "array");
  return array;
}

void setElement(napi_env env, napi_value array, uint32_t index, napi_value value) {
  must(napi_set_element(env, array, index, value), "array element");
}

napi_value guarded(napi_env env, napi_callback_info info, Body body) {
  std::string message;
  try {
    return body(env, Arguments(env, info));
  } catch (const c10::Error& error) {
    message = error.what_without_backtrace();
  } catch (const std::bad_alloc&) {
    message = "out of memory";
  } catch (const std::exception& error) {
    message = error.what();
  } catch (...) {
    message = "unknown C++ exception";
  }
  bool pending = false;
  if (napi_is_exception_pending(env, &pending) == napi_ok && pending) return nullptr;
  napi_throw_error(env, nullptr, message.c_str());
  return nullptr;
}

}  // namespace retool
