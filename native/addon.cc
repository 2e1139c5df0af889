// The addon's exports, in one list. src/tensor/native.ts is its typed face and checks what it can,
// so that the C++ stays small; what reaches libtorch unchecked comes back as a JavaScript error.
#include "allocator.h"
#include "autograd.h"
#include "memory.h"
#include "operator_times.h"
#include "operators.h"
#include "runtime.h"
#include "value.h"

namespace {

template <retool::Body body>
void add(napi_env env, napi_value exports, const char* name) {
  napi_value function = nullptr;
  napi_create_function(env, name, NAPI_AUTO_LENGTH, retool::callback<body>, nullptr, &function);
  napi_set_named_property(env, exports, name, function);
}

}  // namespace

NAPI_MODULE_INIT() {
  using namespace retool;
  add<findOperator>(env, exports, "findOperator");
  add<callOperator>(env, exports, "call");
  add<runOperator>(env, exports, "run");
  add<fromArray>(env, exports, "fromArray");
  add<readInto>(env, exports, "readInto");
  add<shareMemory>(env, exports, "shareMemory");
  add<freeTensors>(env, exports, "free");
  add<aliasTensor>(env, exports, "alias");
  add<shapeOf>(env, exports, "shape");
  add<dtypeOf>(env, exports, "dtype");
  add<deviceOf>(env, exports, "device");
  add<isContiguous>(env, exports, "isContiguous");
  add<liveTensors>(env, exports, "liveTensors");
  add<keepMemory>(env, exports, "keepMemory");
  add<setRequiresGrad>(env, exports, "setRequiresGrad");
  add<requiresGrad>(env, exports, "requiresGrad");
  add<gradients>(env, exports, "gradients");
  add<setMode>(env, exports, "setMode");
  add<torchVersion>(env, exports, "torchVersion");
  add<getThreads>(env, exports, "getThreads");
  add<setThreads>(env, exports, "setThreads");
  add<cudaDevices>(env, exports, "cudaDevices");
  add<synchronize>(env, exports, "synchronize");
  add<cpuCapability>(env, exports, "cpuCapability");
  add<timeOperators>(env, exports, "timeOperators");
  add<makeGenerator>(env, exports, "makeGenerator");
  add<generatorState>(env, exports, "generatorState");
  add<setGeneratorState>(env, exports, "setGeneratorState");
  add<freeGenerator>(env, exports, "freeGenerator");
  return exports;
}
