// Golden files: what people see, compared with benchctl/testdata/NAME. UPDATE_GOLDEN=1 in the
// environment rewrites them.
#pragma once

#include <string>

namespace benchfleet {

// Adds a test failure that shows both lines where they first differ.
void ExpectGolden(const std::string& name, const std::string& actual);

// A page without its style sheet, which every page shares and whose text is not what is tested.
std::string WithoutStyle(std::string page);

}  // namespace benchfleet
