// A provers folder of scripts in place of bb, its verifier and Node.js under the shipped
// description of ultrahonk-bb, for tests of the machinery.
#pragma once

#include <string>
#include <vector>

#include "workloads/testing.h"

namespace benchfleet {

// What the scripts do; each is a piece of shell (or Python, for the server) that a test may
// replace. $out is the folder for results, $witness, $proof and $public_inputs are the files given,
// $home is the provers folder.
struct FakeProver {
  std::string write_vk = "echo made >> $home/keys_made; printf 'a key' > $out/vk";
  std::string prove =
      "[ \"$(cat $witness)\" = solved ] || exit 9\n"
      "printf %064d 7 > $out/proof; printf %032d 7 > $out/public_inputs";
  std::string verify =
      "[ $(cat $proof) = $(printf %064d 7) ] && [ $(cat $public_inputs) = $(printf %032d 7) ] ||\n"
      "  { echo 'no such proof' >&2; exit 1; }";
  std::string witness = "printf solved > $out; echo '{\"ok\":true}'";
  std::string serve_ready = "echo '{\"ready\":true}'";
  std::string serve = "printf solved | gzip > /proc/self/fd/3; echo '{\"ok\":true}'";
  // Bodies of Python functions that return what is answered to `message`.
  std::string server_prove =
      "return pack(['CircuitProveResponse',\n"
      "             {'proof': [b'p' * 32, b'q' * 32], 'public_inputs': [b'i' * 32]}])";
  std::string server_verify =
      "good = all(c * 32 in message for c in (b'p', b'q', b'i'))\n"
      "return pack(['CircuitVerifyResponse', {'verified': good}])";
  bool secure = false;
};

// Sets a variable for its life; nullptr unsets.
class ScopedVariable {
 public:
  ScopedVariable(const char* name, const char* value);
  ~ScopedVariable();
  ScopedVariable(const ScopedVariable&) = delete;
  ScopedVariable& operator=(const ScopedVariable&) = delete;

 private:
  const char* name_;
  bool was_set_;
  std::string before_;
};

// Makes the folder, points BENCHFLEET_PROVERS at it and XDG_CACHE_HOME at an empty one; the
// destructor puts the variables back and removes everything.
class FakeInstallation {
 public:
  explicit FakeInstallation(const FakeProver& fake = {});
  ~FakeInstallation();
  FakeInstallation(const FakeInstallation&) = delete;
  FakeInstallation& operator=(const FakeInstallation&) = delete;

  const std::string& directory() const { return directory_; }
  std::string cache() const { return root_ + "/cache"; }
  void Write(const std::string& name, const std::string& text, bool executable = false) const;
  std::string Read(const std::string& name) const;
  // How often the key was made.
  size_t keys_made() const;
  // The manifest with one text replaced by another.
  void ChangeManifest(const std::string& from, const std::string& to) const;
  std::string Unavailable() const;

 private:
  void WriteManifest(bool secure) const;

  std::string root_;
  std::string directory_;
  ScopedVariable provers_;
  ScopedVariable cache_;
};

// One run of proving.prove with what the variables say now, in a scratch folder of its own.
CollectingSink RunProving(const StringMap& parameters);

}  // namespace benchfleet
