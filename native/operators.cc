// The one door to all operators: found by name in libtorch's dispatcher, called with boxed
// arguments that the operator's own schema describes.
#include "operators.h"

#include <ATen/core/dispatch/Dispatcher.h>

#include <memory>
#include <sstream>
#include <unordered_map>

#include "handles.h"

namespace retool {
namespace {

enum class Kind {
  Tensor, TensorList, OptionalTensorList, Integer, IntegerList, Float, FloatList,
  Boolean, BooleanList, Number, Text, Device, Generator, Unsupported,
};

struct Parameter {
  std::string name;
  Kind kind = Kind::Unsupported;
  bool optional = false;
  std::optional<c10::IValue> fallback;
};

struct Operator {
  c10::OperatorHandle handle;
  std::string name;
  std::vector<Parameter> parameters;
  size_t returns;
};

Kind listKindOf(const c10::TypePtr& element) {
  switch (element->kind()) {
    case c10::TypeKind::TensorType: return Kind::TensorList;
    case c10::TypeKind::IntType:
    case c10::TypeKind::SymIntType: return Kind::IntegerList;
    case c10::TypeKind::FloatType: return Kind::FloatList;
    case c10::TypeKind::BoolType: return Kind::BooleanList;
    case c10::TypeKind::OptionalType: return Kind::OptionalTensorList;
    default: return Kind::Unsupported;
  }
}

Kind kindOf(const c10::TypePtr& type) {
  switch (type->kind()) {
    case c10::TypeKind::TensorType: return Kind::Tensor;
    case c10::TypeKind::IntType:
    case c10::TypeKind::SymIntType: return Kind::Integer;
    case c10::TypeKind::FloatType: return Kind::Float;
    case c10::TypeKind::BoolType: return Kind::Boolean;
    case c10::TypeKind::NumberType: return Kind::Number;
    case c10::TypeKind::StringType: return Kind::Text;
    case c10::TypeKind::DeviceObjType: return Kind::Device;
    case c10::TypeKind::GeneratorType: return Kind::Generator;
    case c10::TypeKind::ListType:
      return listKindOf(type->castRaw<c10::ListType>()->getElementType());
    default: return Kind::Unsupported;
  }
}

std::vector<std::unique_ptr<Operator>>& operators() {
  static thread_local auto* list = new std::vector<std::unique_ptr<Operator>>();
  return *list;
}

c10::IValue toScalar(napi_env env, napi_value value) {
  bool flag = false;
  if (napi_get_value_bool(env, value, &flag) == napi_ok) return flag;
  if (typeOf(env, value) == napi_bigint) return toInteger(env, value);
  const double number = toDouble(env, value);
  // Whole numbers become integers, so that int64 tensors stay int64 as they do in Python.
  if (number == static_cast<double>(static_cast<int64_t>(number)) && std::abs(number) < 9e15) {
    return static_cast<int64_t>(number);
  }
  return number;
}

template <typename T, typename Read>
c10::IValue toList(napi_env env, napi_value value, Read read) {
  const uint32_t length = arrayLength(env, value);
  c10::List<T> list;
  list.reserve(length);
  for (uint32_t i = 0; i < length; ++i) list.push_back(read(element(env, value, i)));
  return list;
}

c10::IValue convertList(napi_env env, napi_value value, Kind kind) {
  using Entry = std::optional<at::Tensor>;
  switch (kind) {
    case Kind::TensorList:
      return toList<at::Tensor>(env, value, [&](napi_value v) { return toTensor(env, v); });
    case Kind::OptionalTensorList:
      return toList<Entry>(env, value, [&](napi_value v) {
        return isNothing(env, v) ? Entry() : Entry(toTensor(env, v));
      });
    case Kind::IntegerList:
      // A single number stands for a list of one, as in Python.
      if (!isArray(env, value)) return c10::List<int64_t>({toInteger(env, value)});
      return toList<int64_t>(env, value, [&](napi_value v) { return toInteger(env, v); });
    case Kind::FloatList:
      return toList<double>(env, value, [&](napi_value v) { return toDouble(env, v); });
    case Kind::BooleanList:
      return toList<bool>(env, value, [&](napi_value v) { return toBoolean(env, v); });
    default: throw Refusal("is of a kind that the addon does not pass");
  }
}

c10::IValue convert(napi_env env, napi_value value, Kind kind) {
  switch (kind) {
    case Kind::Tensor: return toTensor(env, value);
    case Kind::Integer: return toInteger(env, value);
    case Kind::Float: return toDouble(env, value);
    case Kind::Boolean: return toBoolean(env, value);
    case Kind::Number: return toScalar(env, value);
    case Kind::Text: return toText(env, value);
    case Kind::Device: return c10::Device(toText(env, value));
    case Kind::Generator: return generators().at(toDouble(env, value));
    default: return convertList(env, value, kind);
  }
}

void pushArgument(napi_env env, const Parameter& parameter, napi_value value, torch::jit::Stack& stack) {
  // The common case first: a tensor where a tensor is expected.
  if (parameter.kind == Kind::Tensor && value != nullptr) {
    double handle = -1;
    if (napi_get_value_double(env, value, &handle) == napi_ok) {
      stack.emplace_back(tensors().at(handle));
      return;
    }
  }
  const bool missing = value == nullptr || typeOf(env, value) == napi_undefined;
  if (missing && parameter.fallback) {
    stack.emplace_back(*parameter.fallback);
  } else if (parameter.optional && isNothing(env, value)) {
    stack.emplace_back();
  } else if (missing) {
    throw Refusal("missing");
  } else {
    stack.emplace_back(convert(env, value, parameter.kind));
  }
}

napi_value fromValue(napi_env env, c10::IValue&& value) {
  if (value.isTensor()) return fromTensor(env, std::move(value).toTensor());
  if (value.isNone()) return nothing(env);
  if (value.isBool()) return fromBoolean(env, value.toBool());
  if (value.isDouble()) return fromDouble(env, value.toDouble());
  if (value.isInt()) return fromDouble(env, static_cast<double>(value.toInt()));
  if (value.isTensorList()) return fromTensors(env, value.toTensorVector());
  if (value.isString()) return fromText(env, value.toStringRef());
  throw Refusal("returns a kind that the addon does not pass: " + value.tagKind());
}

/// Such as `aten::mm(float32[2, 3] cpu, float32[4, 5] cpu)`: what a person needs to see in an error.
std::string describeCall(napi_env env, const Operator& op, const Arguments& arguments) {
  std::ostringstream text;
  text << op.name << '(';
  for (size_t i = 0; i < op.parameters.size() && i + 1 < arguments.count; ++i) {
    const Parameter& parameter = op.parameters[i];
    napi_value value = arguments[i + 1];
    text << (i ? ", " : "");
    try {
      if (isNothing(env, value)) text << "none";
      else if (parameter.kind == Kind::Tensor) text << describe(toTensor(env, value));
      else if (parameter.kind == Kind::TensorList) {
        text << '[';
        const auto list = toTensors(env, value);
        for (size_t k = 0; k < list.size() && k < 4; ++k) text << (k ? ", " : "") << describe(list[k]);
        text << (list.size() > 4 ? ", ...]" : "]");
      } else {
        napi_value printed = nullptr;
        must(napi_coerce_to_string(env, value, &printed), "text of an argument");
        text << parameter.name << "=" << toText(env, printed);
      }
    } catch (const std::exception& error) {
      text << parameter.name << ": " << error.what();
    }
  }
  text << ')';
  return text.str();
}

/// Gives the stack back empty also when something is thrown: it must not keep tensors alive.
struct StackGuard {
  torch::jit::Stack& stack;
  ~StackGuard() { stack.clear(); }
};

napi_value invoke(napi_env env, const Operator& op, const Arguments& arguments, bool discard) {
  static thread_local auto* shared = new torch::jit::Stack();
  StackGuard guard{*shared};
  torch::jit::Stack& stack = *shared;
  if (arguments.count > op.parameters.size() + 1) throw Refusal("too many arguments");
  for (size_t i = 0; i < op.parameters.size(); ++i) {
    try {
      pushArgument(env, op.parameters[i], arguments[i + 1], stack);
    } catch (const Refusal& refusal) {
      throw Refusal("argument `" + op.parameters[i].name + "`: " + refusal.what());
    }
  }
  op.handle.callBoxed(stack);
  if (discard || op.returns == 0) return nothing(env);
  if (op.returns == 1) return fromValue(env, std::move(stack.back()));
  napi_value array = makeArray(env, stack.size());
  for (size_t i = 0; i < stack.size(); ++i) {
    setElement(env, array, i, fromValue(env, std::move(stack[i])));
  }
  return array;
}

napi_value call(napi_env env, const Arguments& arguments, bool discard) {
  const int64_t id = toInteger(env, arguments[0]);
  if (id < 0 || id >= static_cast<int64_t>(operators().size())) throw Refusal("no such operator");
  const Operator& op = *operators()[id];
  try {
    return invoke(env, op, arguments, discard);
  } catch (const c10::Error& error) {
    throw Refusal(describeCall(env, op, arguments) + ": " + error.what_without_backtrace());
  } catch (const std::exception& error) {
    throw Refusal(describeCall(env, op, arguments) + ": " + error.what());
  }
}

}  // namespace

napi_value findOperator(napi_env env, const Arguments& arguments) {
  const std::string name = toText(env, arguments[0]);
  const std::string overload = toText(env, arguments[1]);
  const auto found = c10::Dispatcher::singleton().findSchema({name, overload});
  const std::string full = overload.empty() ? name : name + "." + overload;
  if (!found) throw Refusal("libtorch has no operator " + full);
  auto op = std::make_unique<Operator>(Operator{*found, full, {}, found->schema().returns().size()});
  for (const c10::Argument& argument : found->schema().arguments()) {
    Parameter parameter;
    parameter.name = argument.name();
    c10::TypePtr type = argument.type();
    if (type->kind() == c10::TypeKind::OptionalType) {
      parameter.optional = true;
      type = type->castRaw<c10::OptionalType>()->getElementType();
    }
    parameter.kind = kindOf(type);
    parameter.fallback = argument.default_value();
    op->parameters.push_back(std::move(parameter));
  }
  operators().push_back(std::move(op));
  return fromDouble(env, static_cast<double>(operators().size() - 1));
}

napi_value callOperator(napi_env env, const Arguments& arguments) {
  return call(env, arguments, false);
}

napi_value runOperator(napi_env env, const Arguments& arguments) {
  return call(env, arguments, true);
}

}  // namespace retool
