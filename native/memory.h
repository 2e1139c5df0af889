// See memory.cc.
#pragma once

#include "value.h"

namespace retool {

/// (typed array, dtype code, shape, share) -> tensor on the CPU.
napi_value fromArray(napi_env env, const Arguments& arguments);
/// (tensor, typed array): copies the tensor's elements into the array; sizes and dtype must agree.
napi_value readInto(napi_env env, const Arguments& arguments);
/// (tensor) -> ArrayBuffer over the tensor's own memory, which it keeps alive.
napi_value shareMemory(napi_env env, const Arguments& arguments);
/// (float64 array of tensors, how many of them). They are freed up to the first that is none.
napi_value freeTensors(napi_env env, const Arguments& arguments);
/// (tensor) -> a second handle to the same tensor.
napi_value aliasTensor(napi_env env, const Arguments& arguments);
napi_value shapeOf(napi_env env, const Arguments& arguments);
napi_value dtypeOf(napi_env env, const Arguments& arguments);
napi_value deviceOf(napi_env env, const Arguments& arguments);
napi_value isContiguous(napi_env env, const Arguments& arguments);
/// () -> [live handles, bytes of the distinct storages behind them]
napi_value liveTensors(napi_env env, const Arguments& arguments);

}  // namespace retool
