// From logits to the next token of each row, in one pass over the row and one over its exponents:
// temperature, top-k, top-p and min-p (in transformers' order), inverse of the cumulative
// distribution at a given uniform number, and both log-probs of the token.
#include <ATen/ops/empty.h>
#include <torch/library.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "kernel.h"

namespace retool {
namespace {

struct Settings {
  double temperature, topP, minP, uniform;
  int64_t topK;
};

struct Drawn {
  int64_t token;
  double logprob, plainLogprob;
};

class Row {
 public:
  explicit Row(int64_t vocabulary) : logits_(vocabulary), weights_(vocabulary) {}

  template <typename T>
  Drawn draw(const T* logits, const Settings& settings) {
    widenRow(logits, logits_.data(), size());
    const int64_t likeliest = argmax();
    const double plainTotal = exponentials(likeliest, 1.0);
    if (settings.temperature == 0) {
      return {likeliest, -std::log(plainTotal), -std::log(plainTotal)};
    }
    const double total =
        settings.temperature == 1 ? plainTotal : exponentials(likeliest, settings.temperature);
    const bool whole = settings.topK <= 0 && settings.topP >= 1 && settings.minP <= 0;
    double kept = total;
    const int64_t token = whole ? invert(settings.uniform * total) : drawCut(settings, total, kept);
    const double distance = static_cast<double>(logits_[token]) - logits_[likeliest];
    return {token, distance / settings.temperature - std::log(kept), distance - std::log(plainTotal)};
  }

 private:
  static constexpr int64_t kBlock = 512;

  int64_t size() const { return static_cast<int64_t>(logits_.size()); }

  /// The first of the greatest; NaN anywhere is an error, not a token.
  int64_t argmax() const {
    float greatest = -std::numeric_limits<float>::infinity();
    int broken = 0;
    const float* __restrict logits = logits_.data();
    const int64_t count = size();
#pragma omp simd reduction(max : greatest) reduction(| : broken)
    for (int64_t i = 0; i < count; ++i) {
      broken |= logits[i] != logits[i];
      greatest = logits[i] > greatest ? logits[i] : greatest;
    }
    TORCH_CHECK(!broken && std::isfinite(greatest), "logits hold a NaN or no finite number");
    return std::find(logits_.begin(), logits_.end(), greatest) - logits_.begin();
  }

  /// weights_ = exp((logit - greatest) / temperature), with sums by block; returns their total.
  double exponentials(int64_t likeliest, double temperature) {
    const float greatest = logits_[likeliest];
    const float scale = static_cast<float>(1.0 / temperature);
    blocks_.clear();
    double total = 0;
    for (int64_t start = 0; start < size(); start += kBlock) {
      const int64_t end = std::min(start + kBlock, size());
      float sum = 0;
#pragma omp simd reduction(+ : sum)
      for (int64_t i = start; i < end; ++i) {
        // Far below the greatest: a weight of zero, which nothing can draw.
        const float x = (logits_[i] - greatest) * scale;
        const float weight = x < -86.0f ? 0.0f : fastExp(x);
        weights_[i] = weight;
        sum += weight;
      }
      blocks_.push_back(sum);
      total += sum;
    }
    return total;
  }

  /// The first token whose cumulative weight exceeds the target.
  int64_t invert(double target) const {
    double before = 0;
    size_t block = 0;
    while (block + 1 < blocks_.size() && before + blocks_[block] <= target) before += blocks_[block++];
    int64_t last = 0;
    for (int64_t i = static_cast<int64_t>(block) * kBlock; i < size(); ++i) {
      if (weights_[i] <= 0) continue;
      last = i;
      before += weights_[i];
      if (before > target) return i;
    }
    // Rounding at the very end: the last token that has a weight.
    if (last > 0 || weights_[0] > 0) return last;
    for (last = size() - 1; weights_[last] <= 0;) --last;
    return last;
  }

  /// Tokens by falling weight until their weights reach `enough`, or all with a weight.
  std::vector<int64_t> heaviest(double enough, int64_t atLeast) const {
    std::vector<int64_t> found;
    for (float threshold = 1.0f / 16;; threshold /= 16) {
      found.clear();
      double sum = 0;
      const bool everything = threshold < 1e-37f;
      for (int64_t i = 0; i < size(); ++i) {
        if (weights_[i] >= threshold || (everything && weights_[i] > 0)) {
          found.push_back(i);
          sum += weights_[i];
        }
      }
      if (everything || (sum >= enough && static_cast<int64_t>(found.size()) >= atLeast)) break;
    }
    std::stable_sort(found.begin(), found.end(),
                     [&](int64_t a, int64_t b) { return weights_[a] > weights_[b]; });
    return found;
  }

  int64_t drawCut(const Settings& settings, double total, double& kept) const {
    const int64_t topK = settings.topK > 0 ? std::min(settings.topK, size()) : size();
    const double reach = settings.topP < 1 ? settings.topP * total : total * (1 - 1e-7);
    std::vector<int64_t> tokens = heaviest(topK < size() ? 0 : reach, topK < size() ? topK : 1);
    if (static_cast<int64_t>(tokens.size()) > topK) tokens.resize(topK);
    double all = 0;
    for (const int64_t token : tokens) all += weights_[token];
    if (topK >= size()) all = total;
    double before = 0;
    size_t count = 0;
    const double least = settings.minP * weights_[tokens[0]];
    while (count < tokens.size() && (count == 0 || before < settings.topP * all) &&
           weights_[tokens[count]] >= least) {
      before += weights_[tokens[count++]];
    }
    tokens.resize(count);
    kept = before;
    // The cumulative distribution runs in vocabulary order, as without a cut.
    std::sort(tokens.begin(), tokens.end());
    double sum = 0;
    for (const int64_t token : tokens) {
      sum += weights_[token];
      if (sum > settings.uniform * kept) return token;
    }
    return tokens.back();
  }

  std::vector<float> logits_, weights_;
  std::vector<double> blocks_;
};

/// logits [B, V]; settings float64 [B, 5]: temperature, top-k, top-p, min-p, uniform
/// -> float64 [B, 3]: token, log-prob, plain log-prob.
at::Tensor sample(const at::Tensor& logits, const at::Tensor& settings) {
  TORCH_CHECK(logits.dim() == 2 && logits.is_contiguous() && logits.size(1) > 0, "logits");
  TORCH_CHECK(settings.scalar_type() == at::kDouble && settings.is_contiguous() &&
                  settings.dim() == 2 && settings.size(0) == logits.size(0) && settings.size(1) == 5,
              "settings");
  const int64_t rows = logits.size(0), vocabulary = logits.size(1);
  at::Tensor result = at::empty({rows, 3}, settings.options());
  const double* given = settings.const_data_ptr<double>();
  double* out = result.data_ptr<double>();
  withElementType(logits, "sample", [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    const T* data = logits.const_data_ptr<T>();
    at::parallel_for(0, rows, 1, [&](int64_t begin, int64_t end) {
      Row row(vocabulary);
      for (int64_t r = begin; r < end; ++r) {
        const double* g = given + r * 5;
        const Drawn drawn =
            row.draw(data + r * vocabulary, {g[0], g[2], g[3], g[4], static_cast<int64_t>(g[1])});
        out[r * 3] = static_cast<double>(drawn.token);
        out[r * 3 + 1] = drawn.logprob;
        out[r * 3 + 2] = drawn.plainLogprob;
      }
    });
  });
  return result;
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(retool, library) {
  library.def("sample(Tensor logits, Tensor settings) -> Tensor");
}

TORCH_LIBRARY_IMPL(retool, CPU, library) { library.impl("sample", sample); }

}  // namespace retool
