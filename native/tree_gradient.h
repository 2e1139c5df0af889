// See tree_gradient.cc.
#pragma once

#include <torch/csrc/autograd/custom_function.h>

namespace retool {

/// Query, key, value, what was seen and the log-sum-exps; the gradient by what was seen -> those by
/// query, key and value.
torch::autograd::variable_list treeAttentionBackward(const torch::autograd::variable_list& saved,
                                                     const at::Tensor& given, at::IntArrayRef lengths,
                                                     at::IntArrayRef parents);

}  // namespace retool
