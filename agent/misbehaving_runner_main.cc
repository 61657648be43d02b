// A stand-in for bench-runner in tests of the agent: does, well or badly, what the name of the
// workload in its request says.
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <string>

#include "base/frame.h"
#include "proto/chunk.h"
#include "proto/convert.h"

namespace benchfleet {
namespace {

constexpr int kFd = 3;

void Say(const RunnerEvent& event) {
  if (!WriteFrame(kFd, Serialize(event)).ok()) _exit(9);
}

void SayBytes(const std::string& bytes) {
  if (write(kFd, bytes.data(), bytes.size()) < 0) _exit(9);
}

void SayStarted() {
  RunStarted started;
  started.metrics = {Metric{"latency", "ns", Direction::kLowerIsBetter, "", 0}};
  started.clock_pair_ns = 31;
  started.facts = {{"started", "yes"}};
  Say(started);
}

void SayChunk(uint64_t first, uint32_t count, const std::string& metric = "latency") {
  SampleChunk chunk;
  chunk.metric = metric;
  chunk.first_index = first;
  chunk.count = count;
  chunk.encoding = Encoding::kDeltaVarint;
  chunk.payload = EncodeDeltaVarint(std::vector<int64_t>(count, 1000));
  Say(chunk);
}

void SayFinished(Outcome outcome, uint64_t samples, StringMap facts = {}) {
  RunnerFinished finished;
  finished.outcome = outcome;
  finished.message = outcome == Outcome::kOk ? "" : "so it said";
  finished.facts = std::move(facts);
  finished.sample_counts = {{"latency", samples}};
  Say(finished);
}

void SayAllWell() {
  SayStarted();
  SayChunk(0, 100);
  SayChunk(100, 20);
  SayFinished(Outcome::kOk, 120);
}

[[noreturn]] void SleepForEver() {
  for (;;) pause();
}

// A child that outlives its parent and holds all of its descriptors.
void LeaveChild(bool own_session) {
  if (fork() != 0) return;
  if (own_session) setsid();
  signal(SIGTERM, SIG_IGN);
  SleepForEver();
}

void TellSurroundings() {
  SayStarted();
  rlimit core = {}, files = {};
  getrlimit(RLIMIT_CORE, &core);
  getrlimit(RLIMIT_NOFILE, &files);
  char directory[4096] = "";
  if (getcwd(directory, sizeof directory) == nullptr) _exit(9);
  std::fclose(std::fopen("litter", "w"));
  SayFinished(Outcome::kOk, 0,
              {{"cwd", directory},
               {"core", std::to_string(core.rlim_cur)},
               {"files", std::to_string(files.rlim_cur)},
               {"alone", getpgrp() == getpid() ? "yes" : "no"}});
}

const std::map<std::string, std::function<void()>>& Behaviours() {
  static const auto* const behaviours = new std::map<std::string, std::function<void()>>{
      {"well", SayAllWell},
      {"invalid",
       [] {
         SayStarted();
         SayFinished(Outcome::kInvalid, 0);
       }},
      {"unstarted", [] { SayFinished(Outcome::kNotStarted, 0); }},
      {"surroundings", TellSurroundings},
      {"garbage",
       [] {
         SayBytes(
             "This is no message. It only looks like the beginning of one, and that for a while,"
             " until its length has come.");
         SleepForEver();
       }},
      {"garbage-later",
       [] {
         SayStarted();
         SayChunk(0, 10);
         SayBytes("\x03\xff\xff\xff");
         SleepForEver();
       }},
      {"endless-frame",
       [] {
         SayBytes("\xff\xff\xff\xff\x7f");
         SleepForEver();
       }},
      {"half-frame",
       [] {
         SayStarted();
         SayBytes("\x20half");
       }},
      {"gap",
       [] {
         SayStarted();
         SayChunk(0, 10);
         SayChunk(11, 10);
         SleepForEver();
       }},
      {"stranger",
       [] {
         SayStarted();
         SayChunk(0, 10, "height");
         SleepForEver();
       }},
      {"miscounted",
       [] {
         SayStarted();
         SayChunk(0, 10);
         SayFinished(Outcome::kOk, 11);
       }},
      {"twice",
       [] {
         SayAllWell();
         SayFinished(Outcome::kOk, 120);
       }},
      {"closes",
       [] {
         SayStarted();
         close(kFd);
         SleepForEver();
       }},
      {"silent",
       [] {
         SayStarted();
         std::fputs("one\nno such file\n", stderr);
         std::exit(3);
       }},
      {"segfault",
       [] {
         SayStarted();
         SayChunk(0, 10);
         raise(SIGSEGV);
       }},
      {"sleeps",
       [] {
         SayStarted();
         SayChunk(0, 10);
         SleepForEver();
       }},
      {"stubborn",
       [] {
         signal(SIGTERM, SIG_IGN);
         SayStarted();
         SleepForEver();
       }},
      {"crash-at-exit",
       [] {
         SayAllWell();
         raise(SIGABRT);
       }},
      {"stays",
       [] {
         SayAllWell();
         SleepForEver();
       }},
      {"child",
       [] {
         LeaveChild(false);
         SayAllWell();
       }},
      {"runaway",
       [] {
         LeaveChild(true);
         SayAllWell();
       }},
      {"flood",
       [] {
         const std::string line(1 << 16, 'x');
         for (int i = 0; i < 200; ++i) std::fputs(line.c_str(), stdout);
         std::fputs("\xff\xfe end of flood", stdout);
         std::fflush(stdout);
         SayAllWell();
       }},
      {"verbose-facts",
       [] {
         StringMap facts;
         for (int i = 0; i < 100; ++i) facts["fact" + std::to_string(i)] = std::string(5000, 'f');
         SayStarted();
         SayFinished(Outcome::kOk, 0, facts);
       }},
      {"works",
       [] {
         SayStarted();
         volatile uint64_t sum = 0;
         for (uint64_t i = 0; i < 300'000'000; ++i) sum = sum + i;
         SayFinished(Outcome::kOk, 0);
       }},
  };
  return *behaviours;
}

int Main() {
  const auto frame = ReadFrame(kFd);
  if (!frame.ok() || !frame->has_value()) return 8;
  const auto request = ParseRunnerRequest(**frame);
  if (!request.ok()) return 8;
  Behaviours().at(request->spec.workload)();
  return 0;
}

}  // namespace
}  // namespace benchfleet

int main() { return benchfleet::Main(); }
