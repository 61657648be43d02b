// Invented histories that the golden tests of trend, incidents and baseline show: the same on every
// machine.
#pragma once

#include "benchctl/fake_client.h"

namespace benchfleet {

// Adds to a fleet: 40 revisions, three runs each, of six series on local-1 and vm-2. At revision 26
// three of them became slower by 8 to 14 %, and local-1's kernel changed in between; at revision 34
// one became faster by 5 %; two never changed; one has only four revisions. Jobs 101 to 140.
void AddCannedHistory(FakeFleet* fleet);

}  // namespace benchfleet
