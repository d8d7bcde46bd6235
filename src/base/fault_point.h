// Named places where a test may kill the process. The shipped programs link fault_point_none.cc,
// where it does nothing; the worker that tests drive links tests/faults/fault_point_kill.cc, which
// reads REPROCESS_FAULT_POINT.
#pragma once

namespace reprocess {

void FaultPoint(const char* name);

}  // namespace reprocess
