#pragma once

namespace retool {

/// From now on large blocks of freed tensors on the CPU are kept and given out again.
void keepMemory();

}  // namespace retool
