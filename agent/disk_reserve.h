// A file that only takes room: given up when the disk is full, so that the last words can be
// written.
#pragma once

#include <cstddef>
#include <string>
#include <utility>

#include "absl/status/status.h"

namespace benchfleet {

class DiskReserve {
 public:
  // Nothing is touched before Fill(). A file of an earlier process counts.
  DiskReserve(std::string path, size_t bytes) : path_(std::move(path)), bytes_(bytes) {}

  // Makes the file with blocks of its own, if it is not there. Error: kResourceExhausted when there
  // is no room; the file is then not there.
  absl::Status Fill();
  // Gives the room back to the disk. False when there was nothing to give.
  bool Release();

 private:
  const std::string path_;
  const size_t bytes_;
  bool filled_ = false;
};

}  // namespace benchfleet
