// Gives back the memory that only starting needed.
#pragma once

namespace benchfleet {

// Returns free heap to the kernel and unmaps the code that is mapped: what is executed again comes
// back from the page cache, a page fault at a time, and that is much less than what initialising
// gRPC, OpenSSL and the rest has touched. Takes a millisecond. Any thread.
void ReleaseStartupMemory();

}  // namespace benchfleet
