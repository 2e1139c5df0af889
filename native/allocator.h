// See allocator.cc.
#pragma once

#include "value.h"

namespace retool {

/// (bytes) -> bytes kept now: how much freed memory of large tensors is kept for new ones.
napi_value keepMemory(napi_env env, const Arguments& arguments);

}  // namespace retool
