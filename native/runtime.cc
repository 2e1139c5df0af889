// Devices, threads, random generators.
#include "runtime.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <torch/version.h>

#include "handles.h"

namespace retool {

napi_value torchVersion(napi_env env, const Arguments&) { return fromText(env, TORCH_VERSION); }

napi_value getThreads(napi_env env, const Arguments&) {
  return fromDouble(env, at::get_num_threads());
}

napi_value setThreads(napi_env env, const Arguments& arguments) {
  const int64_t count = toInteger(env, arguments[0]);
  if (count < 1 || count > 4096) throw Refusal("threads must lie between 1 and 4096");
  at::set_num_threads(static_cast<int>(count));
  return nothing(env);
}

napi_value cudaDevices(napi_env env, const Arguments&) {
  if (!at::hasCUDA()) return fromDouble(env, 0);
  return fromDouble(env, at::detail::getCUDAHooks().deviceCount());
}

napi_value synchronize(napi_env env, const Arguments& arguments) {
  const c10::Device device(toText(env, arguments[0]));
  if (device.is_cpu()) return nothing(env);
  const c10::impl::VirtualGuardImpl guard(device.type());
  guard.synchronizeDevice(device.has_index() ? device.index() : guard.getDevice().index());
  return nothing(env);
}

napi_value cpuCapability(napi_env env, const Arguments&) {
  return fromText(env, at::get_cpu_capability());
}

napi_value makeGenerator(napi_env env, const Arguments& arguments) {
  const c10::Device device(toText(env, arguments[0]));
  const auto seed = static_cast<uint64_t>(toInteger(env, arguments[1]));
  at::Generator generator;
  if (device.is_cpu()) {
    generator = at::detail::createCPUGenerator(seed);
  } else {
    at::globalContext().lazyInitDevice(device.type());
    generator = at::globalContext().defaultGenerator(device).clone();
    generator.set_current_seed(seed);
  }
  return fromDouble(env, generators().insert(std::move(generator)));
}

napi_value generatorState(napi_env env, const Arguments& arguments) {
  at::Generator& generator = generators().at(toDouble(env, arguments[0]));
  return fromTensor(env, generator.get_state());
}

napi_value setGeneratorState(napi_env env, const Arguments& arguments) {
  generators().at(toDouble(env, arguments[0])).set_state(toTensor(env, arguments[1]));
  return nothing(env);
}

napi_value freeGenerator(napi_env env, const Arguments& arguments) {
  generators().erase(toDouble(env, arguments[0]));
  return nullptr;
}

}  // namespace retool
