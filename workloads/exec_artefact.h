// Which build an `exec` measures, as a digest: equal digests on both sides of a comparison are the
// same program on the same input, so that a shift between them is the environment's doing.
#pragma once

#include <string>
#include <vector>

namespace benchfleet {

// SHA-256 over the program's bytes and those of every argument that names a file. "" where it
// cannot be told what is under test: a program of the system's own folders (shells, interpreters,
// env, make), a script, a name that only PATH resolves, a file that cannot be read, more than
// 512 MiB together. `directory` is where the command starts.
std::string ArtefactDigest(const std::vector<std::string>& argv, const std::string& directory);

}  // namespace benchfleet
