// What a client asks of a proving host's evidence before it sends anything. Whatever it asks for,
// evidence that is there has to hold.
#pragma once

#include <string>

#include "attestation/snp_check.h"

namespace benchfleet {

struct EvidenceDemand {
  // "none": evidence is welcome; "any": of some kind; "snp": of that one.
  std::string required = "none";
  SnpPolicy snp;
};

}  // namespace benchfleet
