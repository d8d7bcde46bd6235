// How long memory that was freed is kept for what is allocated next.
#pragma once

namespace reprocess {

// For a second instead of some 10 ms: an answer that is made again and again would else give back and
// fetch the same pages each time, a quarter of its CPU time. Nothing where another allocator is used.
void KeepFreedMemory();

}  // namespace reprocess
