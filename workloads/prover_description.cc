#include "workloads/prover_description.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <system_error>
#include <utility>

#include "base/status.h"
#include "base/text.h"
#include "workloads/prover_files.h"

namespace benchfleet {
namespace {

namespace fs = std::filesystem;

constexpr char kEnding[] = ".yaml";

// Calls literal(text) and placeholder(name) for the parts of `text`. A brace that opens none is
// itself.
template <typename Literal, typename Placeholder>
void Split(std::string_view text, const Literal& literal, const Placeholder& placeholder) {
  constexpr std::string_view kNameCharacters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
  while (!text.empty()) {
    const size_t open = text.find('{');
    literal(text.substr(0, open));
    if (open == std::string_view::npos) return;
    text.remove_prefix(open);
    const size_t end = text.find_first_not_of(kNameCharacters, 1);
    if (end == std::string_view::npos || end == 1 || text[end] != '}') {
      literal(text.substr(0, 1));
      text.remove_prefix(1);
    } else {
      placeholder(text.substr(1, end - 1));
      text.remove_prefix(end + 1);
    }
  }
}

}  // namespace

std::vector<std::string> PlaceholdersIn(std::string_view text) {
  std::vector<std::string> names;
  Split(
      text, [](std::string_view) {}, [&](std::string_view name) { names.emplace_back(name); });
  return names;
}

absl::StatusOr<std::string> FillPlaceholders(std::string_view text, const StringMap& values) {
  std::string filled;
  std::string missing;
  Split(
      text, [&](std::string_view literal) { filled += literal; },
      [&](std::string_view name) {
        const auto found = values.find(std::string(name));
        if (found == values.end()) {
          if (missing.empty()) missing = name;
        } else {
          filled += found->second;
        }
      });
  if (missing.empty()) return filled;
  if (missing == "provers" || missing.starts_with("installed.")) {
    return absl::NotFoundError(absl::StrFormat(
        "provers are not installed here, or without '%s' (run deploy/install-provers)", missing));
  }
  return absl::NotFoundError(absl::StrFormat("'{%s}' has no value here", missing));
}

std::vector<std::string> DescriptionFolders(const std::string& installed) {
  std::vector<std::string> folders;
  const char* given = std::getenv("BENCHFLEET_PROVER_PATH");
  std::string_view rest = given == nullptr ? "" : given;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find(':'), rest.size());
    if (end > 0) folders.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  if (!installed.empty()) folders.push_back(installed);
  std::error_code failed;
  const fs::path program = fs::read_symlink("/proc/self/exe", failed);
  if (!failed) {
    folders.push_back(program.parent_path().parent_path() /
                      "share/benchfleet/workloads/proving/provers");
  }
  return folders;
}

std::vector<std::string> ProverNames(const std::vector<std::string>& folders) {
  std::set<std::string> names;
  for (const std::string& folder : folders) {
    std::error_code failed;
    for (fs::directory_iterator at(folder, failed), end; !failed && at != end;
         at.increment(failed)) {
      if (at->path().extension() == kEnding) names.insert(at->path().stem());
    }
  }
  return {names.begin(), names.end()};
}

absl::StatusOr<ProverDescription> FindProverDescription(const std::string& name,
                                                        const std::vector<std::string>& folders) {
  const std::vector<std::string> names = ProverNames(folders);
  if (std::find(names.begin(), names.end(), name) != names.end()) {
    for (const std::string& folder : folders) {
      const std::string file = folder + "/" + name + kEnding;
      const absl::StatusOr<std::string> text = ReadFileBytes(file, kMaxDescriptionBytes);
      if (absl::IsNotFound(text.status())) continue;
      BF_RETURN_IF_ERROR(text.status());
      return ParseProverDescription(*text, file);
    }
  }
  if (names.empty()) {
    return absl::NotFoundError("provers are not installed (run deploy/install-provers)");
  }
  std::string known;
  for (const std::string& other : names) known += (known.empty() ? "" : ", ") + other;
  return absl::NotFoundError(absl::StrFormat("no prover '%s' is described here%s; there are: %s",
                                             name, DidYouMean(name, names), known));
}

}  // namespace benchfleet
