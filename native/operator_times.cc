// Where time goes, operator by operator, those of the way back included.
#include "operator_times.h"

#include <ATen/record_function.h>

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace retool {
namespace {

using Clock = std::chrono::steady_clock;

struct Spent {
  int64_t calls = 0;
  double seconds = 0;
};

struct OperatorTimes {
  std::mutex mutex;
  std::map<std::string, Spent> spent;
};

OperatorTimes& times() {
  static auto* state = new OperatorTimes();
  return *state;
}

struct Running : at::ObserverContext {
  std::string name;
  Clock::time_point begun;
};

/// Seconds of the operators inside of each one that runs on this thread: not its own.
std::vector<double>& inside() {
  static thread_local std::vector<double> seconds;
  return seconds;
}

std::unique_ptr<at::ObserverContext> begin(const at::RecordFunction& function) {
  auto running = std::make_unique<Running>();
  running->name = function.name();
  inside().push_back(0);
  running->begun = Clock::now();
  return running;
}

void end(const at::RecordFunction&, at::ObserverContext* context) {
  const auto* running = static_cast<const Running*>(context);
  const double whole = std::chrono::duration<double>(Clock::now() - running->begun).count();
  const double others = inside().back();
  inside().pop_back();
  if (!inside().empty()) inside().back() += whole;
  std::lock_guard<std::mutex> lock(times().mutex);
  Spent& spent = times().spent[running->name];
  spent.calls += 1;
  spent.seconds += whole - others;
}

at::CallbackHandle& callback() {
  static at::CallbackHandle handle = 0;
  return handle;
}

}  // namespace

napi_value timeOperators(napi_env env, const Arguments& arguments) {
  if (toBoolean(env, arguments[0])) {
    if (callback() != 0) throw Refusal("operators are being timed already");
    callback() = at::addGlobalCallback(at::RecordFunctionCallback(begin, end).scopes(
        {at::RecordScope::FUNCTION, at::RecordScope::BACKWARD_FUNCTION}));
    return nothing(env);
  }
  if (callback() == 0) throw Refusal("operators are not being timed");
  at::removeCallback(callback());
  callback() = 0;
  std::lock_guard<std::mutex> lock(times().mutex);
  napi_value found = makeArray(env, times().spent.size());
  uint32_t index = 0;
  for (const auto& [name, spent] : times().spent) {
    napi_value one = makeArray(env, 3);
    setElement(env, one, 0, fromText(env, name));
    setElement(env, one, 1, fromDouble(env, static_cast<double>(spent.calls)));
    setElement(env, one, 2, fromDouble(env, spent.seconds));
    setElement(env, found, index++, one);
  }
  times().spent.clear();
  return found;
}

}  // namespace retool
