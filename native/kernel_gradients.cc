// Gradients of our norms, of the gated SiLU and of the rotation, for training on the CPU.
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "kernel.h"

namespace retool {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// With s = 1 / sqrt(mean(x^2) + epsilon) and u = gradient * weight:
/// dx = s (u - x s^2 mean(u x)), dweight = sum over rows of gradient x s.
template <typename T>
void normBackwardRows(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& gradient,
                      double epsilon, at::Tensor& inputGradient, at::Tensor& weightGradient) {
  const int64_t size = input.size(-1);
  const int64_t rows = input.numel() / size;
  const T* x = input.const_data_ptr<T>();
  const T* w = weight.const_data_ptr<T>();
  const T* g = gradient.const_data_ptr<T>();
  T* dx = inputGradient.data_ptr<T>();
  float* dw = weightGradient.data_ptr<float>();
  std::vector<float> scale(size);
  widenRow(w, scale.data(), size);
  // A fixed number of parts, added in order: the result does not depend on the number of threads.
  const int64_t parts = std::min<int64_t>(rows, 8);
  std::vector<float> sums(parts * size, 0.0f);
  at::parallel_for(0, parts, 1, [&](int64_t first, int64_t last) {
    std::vector<float> row(size), slope(size);
    for (int64_t part = first; part < last; ++part) {
      float* sum = sums.data() + part * size;
      for (int64_t r = rows * part / parts; r < rows * (part + 1) / parts; ++r) {
        widenRow(x + r * size, row.data(), size);
        widenRow(g + r * size, slope.data(), size);
        float squares = 0, product = 0;
#pragma omp simd reduction(+ : squares, product)
        for (int64_t i = 0; i < size; ++i) {
          squares += row[i] * row[i];
          product += slope[i] * scale[i] * row[i];
        }
        const float n = static_cast<float>(size);
        const float s = 1.0f / std::sqrt(squares / n + static_cast<float>(epsilon));
        const float pull = s * s * product / n;
        T* to = dx + r * size;
#pragma omp simd
        for (int64_t i = 0; i < size; ++i) {
          narrowTo(s * (slope[i] * scale[i] - row[i] * pull), to[i]);
          sum[i] += slope[i] * row[i] * s;
        }
      }
    }
  });
  for (int64_t part = 0; part < parts; ++part) {
    for (int64_t i = 0; i < size; ++i) dw[i] += sums[part * size + i];
  }
}

std::pair<at::Tensor, at::Tensor> normBackward(const at::Tensor& input, const at::Tensor& weight,
                                               const at::Tensor& given, double epsilon) {
  const at::Tensor gradient = given.contiguous();
  at::Tensor inputGradient = at::empty_like(input);
  at::Tensor weightGradient = at::zeros({weight.size(0)}, weight.options().dtype(at::kFloat));
  if (input.numel() > 0) {
    withElementType(input, "rms_norm's gradient", [&](auto* type) {
      using T = std::remove_pointer_t<decltype(type)>;
      normBackwardRows<T>(input, weight, gradient, epsilon, inputGradient, weightGradient);
    });
  }
  return {inputGradient, weightGradient.to(weight.scalar_type())};
}

template <typename Signature>
auto handleOf(const char* name) {
  return c10::Dispatcher::singleton().findSchemaOrThrow(name, "").typed<Signature>();
}

using Norm = at::Tensor(const at::Tensor&, const at::Tensor&, double);
using AddNorm = std::tuple<at::Tensor, at::Tensor>(const at::Tensor&, const at::Tensor&,
                                                   const at::Tensor&, double);
using Pair = at::Tensor(const at::Tensor&, const at::Tensor&);
using Rotate = at::Tensor(const at::Tensor&, const at::Tensor&, const at::Tensor&);

struct NormFunction : torch::autograd::Function<NormFunction> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& given,
                            const at::Tensor& weight, double epsilon) {
    at::AutoDispatchBelowADInplaceOrView below;
    static const auto kernel = handleOf<Norm>("retool::rms_norm");
    const at::Tensor input = given.contiguous();
    context->save_for_backward({input, weight});
    context->saved_data["epsilon"] = epsilon;
    return kernel.call(input, weight, epsilon);
  }
  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const double epsilon = context->saved_data["epsilon"].toDouble();
    auto [input, weight] = normBackward(saved[0], saved[1], gradients[0], epsilon);
    return {input, weight, at::Tensor()};
  }
};

struct AddNormFunction : torch::autograd::Function<AddNormFunction> {
  static variable_list forward(AutogradContext* context, const at::Tensor& input,
                               const at::Tensor& added, const at::Tensor& weight, double epsilon) {
    at::AutoDispatchBelowADInplaceOrView below;
    static const auto kernel = handleOf<AddNorm>("retool::add_rms_norm");
    auto [sum, normed] = kernel.call(input, added, weight, epsilon);
    context->save_for_backward({sum, weight});
    context->saved_data["epsilon"] = epsilon;
    return {sum, normed};
  }
  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const double epsilon = context->saved_data["epsilon"].toDouble();
    auto [input, weight] = normBackward(saved[0], saved[1], gradients[1], epsilon);
    if (gradients[0].defined()) input.add_(gradients[0]);
    return {input, input, weight, at::Tensor()};
  }
};

struct GatedSiluFunction : torch::autograd::Function<GatedSiluFunction> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& gate, const at::Tensor& up) {
    at::AutoDispatchBelowADInplaceOrView below;
    static const auto kernel = handleOf<Pair>("retool::gated_silu");
    context->save_for_backward({gate, up});
    return kernel.call(gate, up);
  }
  /// With f the logistic function of the gate: dgate = g up f (1 + gate (1 - f)), dup = g gate f.
  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const at::Tensor gradient = gradients[0].contiguous();
    at::Tensor gateGradient = at::empty_like(saved[0]);
    at::Tensor upGradient = at::empty_like(saved[1]);
    withElementType(gradient, "gated_silu's gradient", [&](auto* type) {
      using T = std::remove_pointer_t<decltype(type)>;
      const T* gate = saved[0].const_data_ptr<T>();
      const T* up = saved[1].const_data_ptr<T>();
      const T* slope = gradient.const_data_ptr<T>();
      T* dGate = gateGradient.data_ptr<T>();
      T* dUp = upGradient.data_ptr<T>();
      at::parallel_for(0, gradient.numel(), 16384, [&](int64_t begin, int64_t end) {
        // Through float32 buffers: loops that also convert 16-bit numbers do not vectorize.
        constexpr int64_t stretch = 512;
        float x[stretch], other[stretch], g[stretch];
        for (int64_t start = begin; start < end; start += stretch) {
          const int64_t count = std::min(end - start, stretch);
          widenRow(gate + start, x, count);
          widenRow(up + start, other, count);
          widenRow(slope + start, g, count);
#pragma omp simd
          for (int64_t i = 0; i < count; ++i) {
            const float f = 1.0f / (1.0f + fastExp(-x[i]));
            other[i] = g[i] * other[i] * f * (1.0f + x[i] * (1.0f - f));
            g[i] = g[i] * x[i] * f;
          }
          narrowRow(other, dGate + start, count);
          narrowRow(g, dUp + start, count);
        }
      });
    });
    return {gateGradient, upGradient};
  }
};

/// Turns halves of heads [tokens, heads, size] against each other by angles [tokens, 1, size]:
/// first cos - second sin, second cos + first sin; `direction` -1 turns back, which is the gradient.
at::Tensor turned(const at::Tensor& given, const at::Tensor& cosine, const at::Tensor& sine,
                  float direction) {
  const at::Tensor heads = given.contiguous();
  TORCH_CHECK(heads.dim() == 3 && heads.size(2) % 2 == 0, "heads must be [tokens, heads, even size]");
  TORCH_CHECK(cosine.is_contiguous() && sine.is_contiguous() && cosine.sizes() == sine.sizes() &&
                  cosine.numel() == heads.size(0) * heads.size(2) &&
                  cosine.scalar_type() == heads.scalar_type() &&
                  sine.scalar_type() == heads.scalar_type(),
              "angles must be [tokens, 1, size] in the dtype of the heads");
  at::Tensor result = at::empty_like(heads);
  const int64_t count = heads.size(1), size = heads.size(2), half = size / 2;
  withElementType(heads, "rotate", [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    const T* in = heads.const_data_ptr<T>();
    const T* cosines = cosine.const_data_ptr<T>();
    const T* sines = sine.const_data_ptr<T>();
    T* out = result.data_ptr<T>();
    at::parallel_for(0, heads.size(0), 16, [&](int64_t begin, int64_t end) {
      for (int64_t token = begin; token < end; ++token) {
        const T* c = cosines + token * size;
        const T* s = sines + token * size;
        for (int64_t head = 0; head < count; ++head) {
          const T* from = in + (token * count + head) * size;
          T* to = out + (token * count + head) * size;
#pragma omp simd
          for (int64_t i = 0; i < half; ++i) {
            const float a = widen(from[i]), b = widen(from[i + half]);
            narrowTo(a * widen(c[i]) - direction * b * widen(s[i]), to[i]);
            narrowTo(b * widen(c[i + half]) + direction * a * widen(s[i + half]), to[i + half]);
          }
        }
      }
    });
  });
  return result;
}

struct RotateFunction : torch::autograd::Function<RotateFunction> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& heads,
                            const at::Tensor& cosine, const at::Tensor& sine) {
    at::AutoDispatchBelowADInplaceOrView below;
    context->save_for_backward({cosine, sine});
    return turned(heads, cosine, sine, 1.0f);
  }
  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto saved = context->get_saved_variables();
    return {turned(gradients[0], saved[0], saved[1], -1.0f), at::Tensor(), at::Tensor()};
  }
};

at::Tensor rotate(const at::Tensor& heads, const at::Tensor& cosine, const at::Tensor& sine) {
  return turned(heads, cosine, sine, 1.0f);
}

at::Tensor normWithGradient(const at::Tensor& input, const at::Tensor& weight, double epsilon) {
  return NormFunction::apply(input, weight, epsilon);
}

std::tuple<at::Tensor, at::Tensor> addNormWithGradient(const at::Tensor& input,
                                                       const at::Tensor& added,
                                                       const at::Tensor& weight, double epsilon) {
  const variable_list results = AddNormFunction::apply(input, added, weight, epsilon);
  return {results[0], results[1]};
}

at::Tensor gatedSiluWithGradient(const at::Tensor& gate, const at::Tensor& up) {
  return GatedSiluFunction::apply(gate, up);
}

at::Tensor rotateWithGradient(const at::Tensor& heads, const at::Tensor& cosine,
                              const at::Tensor& sine) {
  return RotateFunction::apply(heads, cosine, sine);
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(retool, library) {
  library.def("rotate(Tensor heads, Tensor cosine, Tensor sine) -> Tensor");
}

TORCH_LIBRARY_IMPL(retool, CPU, library) { library.impl("rotate", rotate); }

TORCH_LIBRARY_IMPL(retool, AutogradCPU, library) {
  library.impl("rms_norm", normWithGradient);
  library.impl("add_rms_norm", addNormWithGradient);
  library.impl("gated_silu", gatedSiluWithGradient);
  library.impl("rotate", rotateWithGradient);
}

}  // namespace retool
