/* Benchfleet's plug-in interface: workloads in a shared library, in plain C.
 *
 * A plug-in is a shared library (*.so) in the plug-in folder of a host (bench-runner --plugins,
 * BENCHFLEET_PLUGINS) that exports one function:
 *
 *   BENCHFLEET_PLUGIN_EXPORT const benchfleet_plugin* benchfleet_plugin_entry(uint32_t
 * abi_version);
 *
 * This header is all that it needs:
 *
 *   cc -O2 -shared -fPIC -o mine.so mine.c
 *
 * Life of a workload, all on one thread of bench-runner, one process a run:
 *   1. set_up          makes what is measured; untimed.
 *   2. run or run_once many times; the measured part. Exactly one of the two is set:
 *        run(state, iterations, ...) loops over the operation itself, so that the host's clock
 *        pair is spread over a batch;
 *        run_once(state, recorder, ...) performs one iteration and reports values by itself.
 *   3. validate        checks what was computed; untimed.
 *   4. tear_down       whenever set_up succeeded.
 *
 * Whatever a plug-in does to its process (crash, endless loop, closed descriptors) ends that run
 * with a reason, and only that run. Standard output and standard error are free for its prints.
 *
 * Compatibility. The version changes only when existing plug-ins would break. Structs grow at their
 * end: each carries its size as its maker knew it, and a reader uses no field beyond it. All text
 * is UTF-8 ended by NUL. What a plug-in returns stays valid until the process ends.
 */
#ifndef BENCHFLEET_PLUGIN_H_
#define BENCHFLEET_PLUGIN_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BENCHFLEET_PLUGIN_ABI_VERSION 1
#define BENCHFLEET_PLUGIN_ENTRY "benchfleet_plugin_entry"
#define BENCHFLEET_PLUGIN_EXPORT __attribute__((visibility("default")))

/* What the functions return. Anything but BENCHFLEET_OK ends the run; `error` (room for
 * `error_size` bytes, at least 256) takes a line that says why. */
enum benchfleet_result {
  BENCHFLEET_OK = 0,
  BENCHFLEET_FAILED = 1,      /* it broke */
  BENCHFLEET_INVALID = 2,     /* what was computed is wrong */
  BENCHFLEET_NOT_STARTED = 3, /* from set_up: a bad parameter, or this host lacks something */
};

enum benchfleet_direction {
  BENCHFLEET_LOWER_IS_BETTER = 1,
  BENCHFLEET_HIGHER_IS_BETTER = 2,
  BENCHFLEET_NEUTRAL = 3,
};

typedef struct benchfleet_metric {
  size_t struct_size;
  const char* name; /* "latency" is the time of one operation in ns, and measured by the host */
  const char* unit; /* "ns", "B", "B/s", "1/s", "" for a plain number */
  enum benchfleet_direction direction;
  /* Set: the metric is not reported; it is `numerator` divided by `derived_from` in seconds, as
   * throughput in B/s is payload bytes divided by latency. */
  const char* derived_from;
  double numerator;
} benchfleet_metric;

enum benchfleet_kind {
  BENCHFLEET_TEXT = 0,
  BENCHFLEET_SIZE = 2,     /* bytes: "64", "1KiB", "85MB" */
  BENCHFLEET_COUNT = 3,    /* a whole number */
  BENCHFLEET_DURATION = 4, /* "250us", "1500ms", "2m30s" */
  BENCHFLEET_NUMBER = 5,
  BENCHFLEET_BOOLEAN = 6, /* "true", "false" */
};

typedef struct benchfleet_parameter {
  size_t struct_size;
  const char* name;
  const char* description;
  const char* default_value;  /* NULL: the parameter must be given */
  const char* const* allowed; /* ended by NULL; NULL: any of the kind */
  /* What the values are, so that a wrong one is refused before any run. A struct whose size ends
   * before these, or that leaves them zero, is text. */
  enum benchfleet_kind kind;
  const char* min; /* in the notation of the kind; NULL: no bound */
  const char* max;
} benchfleet_parameter;

/* Given to set_up; valid during the call. */
typedef struct benchfleet_context {
  size_t struct_size;
  /* Every declared parameter, with its default where none was given. */
  size_t parameter_count;
  const char* const* parameter_names;
  const char* const* parameter_values;
  const char* scratch_dir; /* an empty folder; "" where there is none */
  uint64_t seed;           /* for everything that is drawn at random */
} benchfleet_context;

/* Given to run_once; valid during the call. */
typedef struct benchfleet_recorder {
  size_t struct_size;
  void* handle;
  int64_t (*now_ns)(void* handle); /* the host's monotonic clock */
  /* One value of metric number `metric` of `metrics`, in its unit. Latency is added by the host
   * (the time of run_once) unless it is added here. */
  void (*add)(void* handle, size_t metric, double value);
} benchfleet_recorder;

typedef struct benchfleet_workload {
  size_t struct_size;
  const char* name; /* lower case letters, digits, '_' and at least one '.': "mine.lookup" */
  const char* description;
  const benchfleet_parameter* const* parameters; /* ended by NULL; NULL: none */
  const benchfleet_metric* const* metrics;       /* ended by NULL; NULL: latency alone */

  int (*set_up)(const benchfleet_context* context, void** state, char* error, size_t error_size);
  int (*run)(void* state, uint64_t iterations, char* error, size_t error_size);
  int (*run_once)(void* state, const benchfleet_recorder* recorder, char* error, size_t error_size);
  /* The rest may be NULL. */
  int (*validate)(void* state, char* error, size_t error_size);
  void (*tear_down)(void* state);
  /* Why this host cannot run the workload; NULL when it can. */
  const char* (*unavailable)(void);
  /* The numerator of derived metric number `metric`, where it depends on parameters. */
  double (*numerator)(const void* state, size_t metric);
  /* Fact number `index` (a version, a size) of the run: sets the name, returns the value; NULL past
   * the last. */
  const char* (*fact)(const void* state, size_t index, const char** name);
} benchfleet_workload;

typedef struct benchfleet_plugin {
  uint32_t abi_version; /* BENCHFLEET_PLUGIN_ABI_VERSION; first, for ever */
  size_t struct_size;
  const char* version;                         /* of the plug-in, shown with results */
  const benchfleet_workload* const* workloads; /* ended by NULL */
} benchfleet_plugin;

/* `abi_version` is the host's. A plug-in returns its struct whatever that is: the host compares. */
BENCHFLEET_PLUGIN_EXPORT const benchfleet_plugin* benchfleet_plugin_entry(uint32_t abi_version);

#ifdef __cplusplus
}
#endif

#endif /* BENCHFLEET_PLUGIN_H_ */
