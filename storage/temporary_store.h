// A store in a directory that goes with it, for tests; in memory-backed files where there are such.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "base/status.h"
#include "gtest/gtest.h"
#include "storage/sqlite_store.h"

namespace benchfleet {

class TemporaryStore {
 public:
  TemporaryStore() {
    std::string pattern = std::filesystem::exists("/dev/shm")
                              ? "/dev/shm/bf-test-XXXXXX"
                              : testing::TempDir() + "/bf-test-XXXXXX";
    directory_ = mkdtemp(pattern.data());
    auto store = OpenSqliteStore(directory_);
    if (!store.ok()) ADD_FAILURE() << Message(store.status());
    if (store.ok()) store_ = *std::move(store);
  }
  ~TemporaryStore() {
    store_.reset();
    std::filesystem::remove_all(directory_);
  }
  TemporaryStore(const TemporaryStore&) = delete;
  TemporaryStore& operator=(const TemporaryStore&) = delete;

  Store* get() const { return store_.get(); }
  Store* operator->() const { return store_.get(); }

 private:
  std::string directory_;
  std::unique_ptr<Store> store_;
};

}  // namespace benchfleet
