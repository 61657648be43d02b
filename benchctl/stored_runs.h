// Runs that a real fleet made and a real store kept, as files under benchctl/testdata/stored: what
// the golden tests of trend, report and compare --across hosts show besides invented data.
//
//  machines.json   one job, hashes of two sizes on three hosts of one kind: an export of it
//  nightly.json    18 revisions on two hosts, a program that hashes 10 MiB, from the twelfth
//                  revision on 16; and a built-in hash, which never changed: the store's `history`
//                  with its series, read by SELECT
#pragma once

#include "benchctl/fake_client.h"

namespace benchfleet {

// Replaces what the fleet has. The source tree is the working directory, or
// $BENCHFLEET_SOURCE_DIR.
void TakeStoredHistory(FakeFleet* fleet);
JobResults StoredMachines();

}  // namespace benchfleet
