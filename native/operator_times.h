// See operator_times.cc.
#pragma once

#include "value.h"

namespace retool {

/// (true): times every operator from now on. (false): no longer -> [name, calls, seconds without
/// those of the operators inside] of each, since then.
napi_value timeOperators(napi_env env, const Arguments& arguments);

}  // namespace retool
