// Gradients: libtorch's tape, asked for explicitly; nothing accumulates behind the caller's back.
#include "autograd.h"

#include <c10/core/GradMode.h>
#include <c10/core/InferenceMode.h>
#include <torch/csrc/autograd/autograd.h>

#include <memory>

#include "handles.h"

namespace retool {

napi_value setRequiresGrad(napi_env env, const Arguments& arguments) {
  toTensor(env, arguments[0]).requires_grad_(toBoolean(env, arguments[1]));
  return nothing(env);
}

napi_value requiresGrad(napi_env env, const Arguments& arguments) {
  return fromBoolean(env, toTensor(env, arguments[0]).requires_grad());
}

napi_value gradients(napi_env env, const Arguments& arguments) {
  const std::vector<at::Tensor> outputs = toTensors(env, arguments[0]);
  const std::vector<at::Tensor> inputs = toTensors(env, arguments[1]);
  std::vector<at::Tensor> given(outputs.size());
  if (!isNothing(env, arguments[2])) given = toTensors(env, arguments[2]);
  const bool retain = toBoolean(env, arguments[3]);
  return fromTensors(env, torch::autograd::grad(outputs, inputs, given, retain,
                                                /*create_graph=*/false, /*allow_unused=*/true));
}

napi_value setMode(napi_env env, const Arguments& arguments) {
  // The guard object of inference mode outlives this call: the caller restores modes in reverse.
  static thread_local auto* inference = new std::unique_ptr<c10::InferenceMode>();
  static thread_local int64_t mode = 0;
  const int64_t before = mode;
  const int64_t wanted = toInteger(env, arguments[0]);
  if (wanted < 0 || wanted > 2) throw Refusal("no such mode");
  inference->reset();
  c10::GradMode::set_enabled(wanted == 0);
  if (wanted == 2) *inference = std::make_unique<c10::InferenceMode>(true);
  mode = wanted;
  return fromDouble(env, static_cast<double>(before));
}

}  // namespace retool
