// See runtime.cc.
#pragma once

#include "value.h"

namespace retool {

/// () -> libtorch's version.
napi_value torchVersion(napi_env env, const Arguments& arguments);
napi_value getThreads(napi_env env, const Arguments& arguments);
napi_value setThreads(napi_env env, const Arguments& arguments);
/// () -> number of CUDA devices.
napi_value cudaDevices(napi_env env, const Arguments& arguments);
/// (device): waits until everything queued there has run.
napi_value synchronize(napi_env env, const Arguments& arguments);
/// () -> such as `AVX512`, as ATen's kernels were chosen.
napi_value cpuCapability(napi_env env, const Arguments& arguments);
/// (device, seed) -> generator.
napi_value makeGenerator(napi_env env, const Arguments& arguments);
/// (generator) -> uint8 tensor.
napi_value generatorState(napi_env env, const Arguments& arguments);
/// (generator, uint8 tensor).
napi_value setGeneratorState(napi_env env, const Arguments& arguments);
napi_value freeGenerator(napi_env env, const Arguments& arguments);

}  // namespace retool
