#include "apps/memory.h"

#ifdef REPROCESS_MIMALLOC
#include <mimalloc.h>
#endif

namespace reprocess {

void KeepFreedMemory() {
#ifdef REPROCESS_MIMALLOC
#if MI_MALLOC_VERSION >= 210
  constexpr mi_option_t kDelay = mi_option_purge_delay;
#else
  constexpr mi_option_t kDelay = mi_option_decommit_delay;
#endif
  mi_option_set(kDelay, 1'000);  // ms
#endif
}

}  // namespace reprocess
