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
#include <sstream>
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

void SayReady() { Say(RunnerReady{"10.0.0.7:4000", {{"key", "k"}}}); }

// A server is told so by the end of what it reads.
void AwaitFinish() {
  char unused = 0;
  while (read(kFd, &unused, 1) > 0) {
  }
}

// Ends in good order when it is terminated.
void AwaitTerm() {
  sigset_t term;
  sigemptyset(&term);
  sigaddset(&term, SIGTERM);
  sigprocmask(SIG_BLOCK, &term, nullptr);
  int number = 0;
  sigwait(&term, &number);
  SayFinished(Outcome::kOk, 0, {{"ended_by", "TERM"}});
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

void Flood() {
  const std::string line(1 << 16, 'x');
  for (int i = 0; i < 200; ++i) std::fputs(line.c_str(), stdout);
  std::fputs("\xff\xfe end of flood", stdout);
  std::fflush(stdout);
}

void SayManyFacts() {
  StringMap facts;
  for (int i = 0; i < 100; ++i) facts["fact" + std::to_string(i)] = std::string(5000, 'f');
  SayFinished(Outcome::kOk, 0, facts);
}

void Work() {
  volatile uint64_t sum = 0;
  for (uint64_t i = 0; i < 300'000'000; ++i) sum = sum + i;
}

[[noreturn]] void Die(int signal_number) {
  signal(signal_number, SIG_DFL);  // a sanitizer has its own opinion
  raise(signal_number);
  _exit(9);
}

const std::map<std::string, std::function<void()>>& Steps() {
  static const auto* const steps = new std::map<std::string, std::function<void()>>{
      {"start", SayStarted},
      {"ready", SayReady},
      {"await-finish", AwaitFinish},
      {"await-term", AwaitTerm},
      {"samples", [] { SayChunk(0, 10); }},
      {"gap", [] { SayChunk(11, 10); }},
      {"stranger", [] { SayChunk(0, 10, "height"); }},
      {"all-well", SayAllWell},
      {"finish", [] { SayFinished(Outcome::kOk, 0); }},
      {"finish-120", [] { SayFinished(Outcome::kOk, 120); }},
      {"invalid", [] { SayFinished(Outcome::kInvalid, 0); }},
      {"not-started", [] { SayFinished(Outcome::kNotStarted, 0); }},
      {"garbage", [] { SayBytes(std::string(200, '!')); }},
      {"short-garbage", [] { SayBytes("\x03\xff\xff\xff"); }},
      {"endless-frame", [] { SayBytes("\xff\xff\xff\xff\x7f"); }},
      {"half-frame", [] { SayBytes("\x20half"); }},
      {"surroundings", TellSurroundings},
      {"many-facts", SayManyFacts},
      {"close", [] { close(kFd); }},
      {"complain", [] { std::fputs("one\nno such file\n", stderr); }},
      {"flood", Flood},
      {"work", Work},
      {"ignore-term", [] { signal(SIGTERM, SIG_IGN); }},
      {"leave-child", [] { LeaveChild(false); }},
      {"leave-runaway", [] { LeaveChild(true); }},
      {"linger", [] { usleep(50'000); }},
      {"sleep", SleepForEver},
      {"exit-3", [] { std::exit(3); }},
      {"segfault", [] { Die(SIGSEGV); }},
      {"abort", [] { Die(SIGABRT); }},
  };
  return *steps;
}

// The request's workload is a list of steps.
int Main() {
  const auto frame = ReadFrame(kFd);
  if (!frame.ok() || !frame->has_value()) return 8;
  const auto request = ParseRunnerRequest(**frame);
  if (!request.ok()) return 8;
  std::istringstream words(request->spec.workload);
  std::string step;
  while (words >> step) Steps().at(step)();
  return 0;
}

}  // namespace
}  // namespace benchfleet

int main() { return benchfleet::Main(); }
