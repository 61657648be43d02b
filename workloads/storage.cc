// storage.fsync: write `size` bytes to a file in the run's scratch folder and wait until the device
// has them (fdatasync). Not comparable between file systems that do not sync, such as tmpfs: the
// fact storage.filesystem says where it was.
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "base/ids.h"
#include "base/status.h"
#include "workloads/builtins.h"
#include "workloads/payload.h"

namespace benchfleet {
namespace {

constexpr uint64_t kFileBytes = uint64_t{64} << 20;  // overwritten; where appending starts anew
constexpr uint64_t kLargestWrite = uint64_t{16} << 20;
constexpr uint32_t kXfsMagic = 0x58465342;
constexpr uint32_t kZfsMagic = 0x2fc12fc1;

absl::Status WriteAt(int fd, std::string_view bytes, uint64_t offset) {
  while (!bytes.empty()) {
    const ssize_t done = pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (done < 0 && errno != EINTR) return ErrnoError(errno, "writing");
    if (done < 0) continue;
    bytes.remove_prefix(static_cast<size_t>(done));
    offset += static_cast<uint64_t>(done);
  }
  return absl::OkStatus();
}

std::string FilesystemName(int fd) {
  struct statfs about;
  if (fstatfs(fd, &about) != 0) return "unknown";
  const auto magic = static_cast<uint32_t>(about.f_type);
  switch (magic) {
    case EXT4_SUPER_MAGIC:
      return "ext4";
    case kXfsMagic:
      return "xfs";
    case kZfsMagic:
      return "zfs";
    case BTRFS_SUPER_MAGIC:
      return "btrfs";
    case TMPFS_MAGIC:
      return "tmpfs";
    case OVERLAYFS_SUPER_MAGIC:
      return "overlayfs";
    case NFS_SUPER_MAGIC:
      return "nfs";
    default:
      return absl::StrFormat("0x%x", magic);
  }
}

class Fsync final : public Workload {
 public:
  ~Fsync() override {
    if (fd_ >= 0) close(fd_);
  }

  absl::Status Configure(const Parameters& parameters) override {
    appends_ = parameters.Text("mode") == "append";
    BF_ASSIGN_OR_RETURN(size_, parameters.Bytes("size"));
    return absl::OkStatus();
  }

  absl::Status SetUp(const RunContext& context) override {
    if (context.scratch_dir.empty()) {
      return absl::FailedPreconditionError("it needs a scratch folder and was given none");
    }
    path_ = context.scratch_dir + "/storage.fsync";
    fd_ = open(path_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd_ < 0) return ErrnoError(errno, path_);
    random_ = Random(context.seed);
    block_ = SeededBytes(context.seed, size_);
    if (appends_) return absl::OkStatus();
    const std::string piece(kLargestWrite, 'x');
    for (uint64_t at = 0; at < kFileBytes; at += piece.size()) {
      BF_RETURN_IF_ERROR(WriteAt(fd_, piece, at));
    }
    return fsync(fd_) == 0 ? absl::OkStatus() : ErrnoError(errno, "syncing the new file");
  }

  std::vector<Metric> Metrics() const override {
    return {LatencyMetric(),
            {"write", "ns", Direction::kLowerIsBetter, "", 0},
            {"sync", "ns", Direction::kLowerIsBetter, "", 0},
            ThroughputMetric(static_cast<double>(size_))};
  }

  bool self_timed() const override { return true; }

  absl::Status RunOnce(Iteration& iteration) override {
    BF_RETURN_IF_ERROR(Place());
    Iteration::Phase whole(iteration, kLatency);
    {
      Iteration::Phase phase(iteration, "write");
      BF_RETURN_IF_ERROR(WriteAt(fd_, block_, offset_));
    }
    Iteration::Phase phase(iteration, "sync");
    return fdatasync(fd_) == 0 ? absl::OkStatus() : ErrnoError(errno, "fdatasync");
  }

  absl::Status Validate() override {
    std::string back(size_, '\0');
    const ssize_t got = pread(fd_, back.data(), back.size(), static_cast<off_t>(offset_));
    if (got == static_cast<ssize_t>(size_) && back == block_) return absl::OkStatus();
    return absl::DataLossError("what was written does not read back");
  }

  absl::Status TearDown() override {
    if (fd_ >= 0 && unlink(path_.c_str()) != 0) return ErrnoError(errno, "removing " + path_);
    return absl::OkStatus();
  }

  StringMap Facts() const override {
    if (fd_ < 0) return {};
    return {{"storage.filesystem", FilesystemName(fd_)}};
  }

 private:
  // Where the next block goes; untimed, with the truncation of a file that has grown enough.
  absl::Status Place() {
    if (!appends_) {
      offset_ = random_.Below((kFileBytes - size_) / kAlignment + 1) * kAlignment;
      return absl::OkStatus();
    }
    offset_ += used_ ? size_ : 0;
    used_ = true;
    if (offset_ + size_ <= kFileBytes) return absl::OkStatus();
    offset_ = 0;
    return ftruncate(fd_, 0) == 0 ? absl::OkStatus() : ErrnoError(errno, "truncating");
  }

  static constexpr uint64_t kAlignment = 4096;
  bool appends_ = false;
  bool used_ = false;
  uint64_t size_ = 0;
  uint64_t offset_ = 0;
  std::string path_;
  std::string block_;
  Random random_{0};
  int fd_ = -1;
};

}  // namespace

std::vector<WorkloadEntry> StorageWorkloads() {
  const Fsync any;
  WorkloadDescription description{
      "storage.fsync",
      "write `size` bytes to a file and wait for the device (fdatasync)",
      {OptionalParameter("mode", "append grows a file; overwrite takes random places in 64 MiB",
                         "append", {"append", "overwrite"}),
       SizeParameter("size", "of one write: 4KiB, 1MiB; at most 16MiB", "4KiB", 1, kLargestWrite)},
      any.Metrics(),
      "",
      ""};
  return {{description, [] { return std::make_unique<Fsync>(); }}};
}

}  // namespace benchfleet
