/* What foreign code does to bench-runner, for plugin_test.cc. One library with a workload for each
 * misbehaviour in a run; compiled with LOAD_... it misbehaves when it is loaded. */
#define _GNU_SOURCE
#include <benchfleet/plugin.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EVENT_FD = 3 }; /* as the test gives it to the runner */

static int fine_set_up(const benchfleet_context* context, void** state, char* error,
                       size_t error_size) {
  (void)context;
  (void)state;
  (void)error;
  (void)error_size;
  return BENCHFLEET_OK;
}
static int fine_run(void* state, uint64_t iterations, char* error, size_t error_size) {
  (void)state;
  (void)error;
  (void)error_size;
  volatile uint64_t sum = 0;
  for (uint64_t i = 0; i < iterations; ++i) sum += i;
  return BENCHFLEET_OK;
}

static int crash_set_up(const benchfleet_context* context, void** state, char* error,
                        size_t error_size) {
  (void)context;
  (void)state;
  (void)error;
  (void)error_size;
  raise(SIGSEGV);
  return BENCHFLEET_OK;
}
static int lack_set_up(const benchfleet_context* context, void** state, char* error,
                       size_t error_size) {
  (void)context;
  (void)state;
  snprintf(error, error_size, "no quantum processor");
  return BENCHFLEET_NOT_STARTED;
}
static int mute_set_up(const benchfleet_context* context, void** state, char* error,
                       size_t error_size) {
  (void)context;
  (void)state;
  (void)error;
  (void)error_size;
  return 77;
}
static int loop_run(void* state, uint64_t iterations, char* error, size_t error_size) {
  (void)state;
  (void)iterations;
  (void)error;
  (void)error_size;
  for (volatile int forever = 1; forever;) continue;
  return BENCHFLEET_OK;
}
static int print_run(void* state, uint64_t iterations, char* error, size_t error_size) {
  printf("\xff\xfe garbage\x01\n");
  fflush(stdout);
  return fine_run(state, iterations, error, error_size);
}
static int garble_run(void* state, uint64_t iterations, char* error, size_t error_size) {
  static const char garbage[] = "\xff\xff\xff\xff\xff\xff\xff\xff garbage";
  if (write(EVENT_FD, garbage, sizeof garbage) < 0) return BENCHFLEET_FAILED;
  return fine_run(state, iterations, error, error_size);
}
static int close_run(void* state, uint64_t iterations, char* error, size_t error_size) {
  close(EVENT_FD);
  return fine_run(state, iterations, error, error_size);
}
static int exit_run(void* state, uint64_t iterations, char* error, size_t error_size) {
  (void)state;
  (void)iterations;
  (void)error;
  (void)error_size;
  _exit(0);
}
static int overflow_run(void* state, uint64_t iterations, char* error, size_t error_size) {
  (void)state;
  (void)iterations;
  memset(error, 0xee, error_size); /* no NUL, no UTF-8 */
  return BENCHFLEET_FAILED;
}
static int stray_run_once(void* state, const benchfleet_recorder* recorder, char* error,
                          size_t error_size) {
  (void)state;
  (void)error;
  (void)error_size;
  recorder->add(recorder->handle, 99, 1);
  return BENCHFLEET_OK;
}
static int invalid_validate(void* state, char* error, size_t error_size) {
  (void)state;
  snprintf(error, error_size, "2 + 2 came out as 5");
  return BENCHFLEET_INVALID;
}
static const char* never_here(void) { return "only on Tuesdays"; }

#define WORKLOAD(id, ...)                                                                       \
  static const benchfleet_workload id##_workload = {.struct_size = sizeof(benchfleet_workload), \
                                                    .name = "test." #id,                        \
                                                    .description = "misbehaves",                \
                                                    __VA_ARGS__}

WORKLOAD(crash, .set_up = crash_set_up, .run = fine_run);
WORKLOAD(lacking, .set_up = lack_set_up, .run = fine_run);
WORKLOAD(mute, .set_up = mute_set_up, .run = fine_run);
WORKLOAD(loop, .set_up = fine_set_up, .run = loop_run);
WORKLOAD(print, .set_up = fine_set_up, .run = print_run);
WORKLOAD(garble, .set_up = fine_set_up, .run = garble_run);
WORKLOAD(close, .set_up = fine_set_up, .run = close_run);
WORKLOAD(exit, .set_up = fine_set_up, .run = exit_run);
WORKLOAD(overflow, .set_up = fine_set_up, .run = overflow_run);
WORKLOAD(stray, .set_up = fine_set_up, .run_once = stray_run_once);
WORKLOAD(invalid, .set_up = fine_set_up, .run = fine_run, .validate = invalid_validate);
WORKLOAD(tuesday, .set_up = fine_set_up, .run = fine_run, .unavailable = never_here);
WORKLOAD(both, .set_up = fine_set_up, .run = fine_run, .run_once = stray_run_once);

static const benchfleet_workload badly_named = {.struct_size = sizeof(benchfleet_workload),
                                                .name = "No Dots Here",
                                                .set_up = fine_set_up,
                                                .run = fine_run};

static const benchfleet_workload* const workloads[] = {
    &crash_workload,   &lacking_workload, &mute_workload, &loop_workload,     &print_workload,
    &garble_workload,  &close_workload,   &exit_workload, &overflow_workload, &stray_workload,
    &invalid_workload, &tuesday_workload, &both_workload, &badly_named,       NULL};

#ifndef ABI_VERSION
#define ABI_VERSION BENCHFLEET_PLUGIN_ABI_VERSION
#endif

__attribute__((unused)) static const benchfleet_plugin plugin = {
    .abi_version = ABI_VERSION,
    .struct_size = sizeof(benchfleet_plugin),
    .version = "0.1",
    .workloads = workloads};

#ifndef LOAD_WITHOUT_ENTRY
const benchfleet_plugin* benchfleet_plugin_entry(uint32_t abi_version) {
  (void)abi_version;
#ifdef LOAD_RETURNS_NOTHING
  return NULL;
#else
  return &plugin;
#endif
}
#endif

__attribute__((constructor)) static void at_load(void) {
#ifdef LOAD_CRASHES
  raise(SIGABRT);
#elif defined(LOAD_HANGS)
  for (;;) pause();
#elif defined(LOAD_EXITS)
  _exit(0);
#elif defined(LOAD_PRINTS)
  puts("hello from a constructor");
  fflush(stdout);
#endif
}
