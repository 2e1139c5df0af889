// See operators.cc.
#pragma once

#include "value.h"

namespace retool {

/// (name, overload) -> operator id.
napi_value findOperator(napi_env env, const Arguments& arguments);
/// (operator id, ...arguments of its schema) -> a tensor handle, a number, null, or an array.
napi_value callOperator(napi_env env, const Arguments& arguments);
/// The same for its effect only: what it returns is dropped (in-place operators return an alias).
napi_value runOperator(napi_env env, const Arguments& arguments);

}  // namespace retool
