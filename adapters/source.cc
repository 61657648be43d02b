#include "adapters/source.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>

#include "adapters/quote.h"
#include "base/limits.h"
#include "base/status.h"

namespace benchfleet {
namespace {

namespace fs = std::filesystem;

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

absl::Status TooLarge(const std::string& path) {
  return absl::ResourceExhaustedError(absl::StrFormat(
      "%s: more than %d MiB, which is the bound of a file of another tool: split it, "
      "or export fewer samples",
      path, limits::kMaxForeignBytes >> 20));
}

// To the end or to the bound, whichever comes first: a pipe has no size to look at.
absl::StatusOr<std::string> ReadAll(std::FILE* file, const std::string& path, size_t most) {
  std::string text;
  std::array<char, size_t{64} << 10> piece;
  while (const size_t got = std::fread(piece.data(), 1, piece.size(), file)) {
    if (text.size() + got > most) return TooLarge(path);
    text.append(piece.data(), got);
  }
  if (std::ferror(file) != 0) return ErrnoError(errno, absl::StrFormat("reading '%s'", path));
  return text;
}

absl::StatusOr<std::string> ReadFile(const fs::path& path, size_t most) {
  std::error_code error;
  const auto size = fs::file_size(path, error);
  if (!error && size > most) return TooLarge(path.string());
  const File file(std::fopen(path.c_str(), "rb"), std::fclose);
  if (!file) return ErrnoError(errno, absl::StrFormat("opening '%s'", path.string()));
  return ReadAll(file.get(), path.string(), most);
}

// Criterion keeps a results tree with these three in it, beside plots and reports.
bool IsCriterionFile(const fs::path& path) {
  const std::string name = path.filename().string();
  return name == "benchmark.json" || name == "sample.json" || name == "estimates.json";
}

bool IsHidden(const fs::path& path) { return path.filename().string().rfind('.', 0) == 0; }

// Errors while going through the tree end it: what cannot be listed cannot be read.
template <typename Iterator>
absl::StatusOr<std::vector<fs::path>> List(const fs::path& root, bool (*wanted)(const fs::path&)) {
  std::vector<fs::path> found;
  std::error_code error;
  for (Iterator it(root, error); !error && it != Iterator(); it.increment(error)) {
    if (!it->is_regular_file(error) || !wanted(it->path())) continue;
    found.push_back(it->path());
    if (found.size() > limits::kMaxForeignFiles) {
      return absl::ResourceExhaustedError(
          absl::StrFormat("%s: more than %d files, which is the bound of a directory",
                          root.string(), limits::kMaxForeignFiles));
    }
  }
  if (error) return ErrnoError(error.value(), absl::StrFormat("reading '%s'", root.string()));
  std::sort(found.begin(), found.end());
  return found;
}

absl::StatusOr<Source> LoadDirectory(const fs::path& root) {
  Source source;
  source.directory = true;
  const fs::path plain = root.has_filename() ? root : root.parent_path();
  source.name = plain.filename().string();
  BF_ASSIGN_OR_RETURN(std::vector<fs::path> paths,
                      List<fs::recursive_directory_iterator>(root, IsCriterionFile));
  const bool criterion = std::any_of(paths.begin(), paths.end(), [](const fs::path& path) {
    return path.filename() == "benchmark.json";
  });
  if (!criterion) {
    BF_ASSIGN_OR_RETURN(paths, List<fs::directory_iterator>(
                                   root, [](const fs::path& path) { return !IsHidden(path); }));
  }
  if (paths.empty()) {
    return absl::InvalidArgumentError(absl::StrFormat("%s: no file in it", root.string()));
  }
  size_t left = limits::kMaxForeignBytes;
  for (const fs::path& path : paths) {
    BF_ASSIGN_OR_RETURN(std::string text, ReadFile(path, left));
    left -= text.size();
    source.files.push_back({path.lexically_relative(root).generic_string(), std::move(text)});
  }
  return source;
}

}  // namespace

absl::StatusOr<Source> LoadSource(const std::string& path) {
  if (path == "-") {
    BF_ASSIGN_OR_RETURN(std::string text, ReadAll(stdin, "stdin", limits::kMaxForeignBytes));
    return SourceOf("stdin", std::move(text));
  }
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) return ErrnoError(ENOENT, absl::StrFormat("opening '%s'", path));
  if (fs::is_directory(status)) return LoadDirectory(path);
  BF_ASSIGN_OR_RETURN(std::string text, ReadFile(path, limits::kMaxForeignBytes));
  return SourceOf(fs::path(path).filename().string(), std::move(text));
}

Source SourceOf(std::string name, std::string text) {
  Source source;
  source.name = name;
  source.files.push_back({std::move(name), std::move(text)});
  return source;
}

}  // namespace benchfleet
