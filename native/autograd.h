// See autograd.cc.
#pragma once

#include "value.h"

namespace retool {

/// (tensor, flag)
napi_value setRequiresGrad(napi_env env, const Arguments& arguments);
napi_value requiresGrad(napi_env env, const Arguments& arguments);
/// (outputs, inputs, gradients of the outputs or null, retain graph) -> gradients; null where unused.
napi_value gradients(napi_env env, const Arguments& arguments);
/// (0 gradients recorded, 1 not recorded, 2 inference) -> mode before.
napi_value setMode(napi_env env, const Arguments& arguments);

}  // namespace retool
