/* An example plug-in with two workloads:
 *
 *   example.lookup  a binary search in a sorted array of `count` numbers (batched)
 *   example.sort    fill and sort an array of `count` numbers (self-timed, with phases)
 *
 * Build it anywhere; the header is all that is needed:
 *
 *   cc -O2 -shared -fPIC -o example.so lookup.c
 *   bench-runner --plugins . --run example.lookup --param count=1000000
 */
#include <benchfleet/plugin.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct array {
  size_t count;
  uint64_t random;
  uint64_t* numbers;
  size_t found; /* of the last lookup */
  char count_text[24];
} array;

static uint64_t next_random(array* self) {
  self->random = self->random * 6364136223846793005u + 1442695040888963407u;
  return self->random >> 11;
}

static int compare(const void* a, const void* b) {
  const uint64_t left = *(const uint64_t*)a;
  const uint64_t right = *(const uint64_t*)b;
  return (left > right) - (left < right);
}

static const char* parameter(const benchfleet_context* context, const char* name) {
  for (size_t i = 0; i < context->parameter_count; ++i) {
    if (strcmp(context->parameter_names[i], name) == 0) return context->parameter_values[i];
  }
  return "";
}

static void tear_down(void* state) {
  array* self = state;
  free(self->numbers);
  free(self);
}

static void fill(array* self) {
  for (size_t i = 0; i < self->count; ++i) self->numbers[i] = next_random(self);
}

static int set_up(const benchfleet_context* context, void** state, char* error, size_t error_size) {
  const char* text = parameter(context, "count");
  char* end = NULL;
  errno = 0;
  const unsigned long long count = strtoull(text, &end, 10);
  if (errno != 0 || end == text || *end != '\0' || count < 1 || count > 100000000) {
    snprintf(error, error_size, "parameter 'count': '%s' is not a number from 1 to 100000000",
             text);
    return BENCHFLEET_NOT_STARTED;
  }
  array* self = calloc(1, sizeof *self);
  if (self != NULL) self->numbers = calloc((size_t)count, sizeof *self->numbers);
  if (self == NULL || self->numbers == NULL) {
    free(self);
    snprintf(error, error_size, "no memory for %llu numbers", count);
    return BENCHFLEET_FAILED;
  }
  self->count = (size_t)count;
  self->random = context->seed;
  snprintf(self->count_text, sizeof self->count_text, "%llu", count);
  fill(self);
  qsort(self->numbers, self->count, sizeof *self->numbers, compare);
  *state = self;
  return BENCHFLEET_OK;
}

static size_t lookup(const array* self, uint64_t wanted) {
  size_t low = 0;
  size_t high = self->count;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (self->numbers[middle] < wanted) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

/* The loop is in here, so that the call from the host is paid once for a batch. */
static int run_lookups(void* state, uint64_t iterations, char* error, size_t error_size) {
  (void)error;
  (void)error_size;
  array* self = state;
  for (uint64_t i = 0; i < iterations; ++i) {
    self->found = lookup(self, self->numbers[next_random(self) % self->count]);
  }
  return BENCHFLEET_OK;
}

static int is_sorted(void* state, char* error, size_t error_size) {
  const array* self = state;
  for (size_t i = 1; i < self->count; ++i) {
    if (self->numbers[i - 1] <= self->numbers[i]) continue;
    snprintf(error, error_size, "number %zu is larger than the one after it", i - 1);
    return BENCHFLEET_INVALID;
  }
  return BENCHFLEET_OK;
}

/* Numbers of these in sort_metrics. */
enum { FILL = 0, SORT = 1 };

static int run_sort(void* state, const benchfleet_recorder* recorder, char* error,
                    size_t error_size) {
  (void)error;
  (void)error_size;
  array* self = state;
  const int64_t begin = recorder->now_ns(recorder->handle);
  fill(self);
  const int64_t filled = recorder->now_ns(recorder->handle);
  qsort(self->numbers, self->count, sizeof *self->numbers, compare);
  const int64_t sorted = recorder->now_ns(recorder->handle);
  recorder->add(recorder->handle, FILL, (double)(filled - begin));
  recorder->add(recorder->handle, SORT, (double)(sorted - filled));
  return BENCHFLEET_OK;
}

static double sorted_bytes(const void* state, size_t metric) {
  (void)metric; /* there is one derived metric */
  return (double)(((const array*)state)->count * sizeof(uint64_t));
}

static const char* fact(const void* state, size_t index, const char** name) {
  if (index > 0) return NULL;
  *name = "array.count";
  return ((const array*)state)->count_text;
}

static const benchfleet_parameter count_parameter = {
    .struct_size = sizeof(benchfleet_parameter),
    .name = "count",
    .description = "of numbers in the array",
    .default_value = "1000",
    .kind = BENCHFLEET_COUNT,
    .min = "1",
    .max = "100000000",
};
static const benchfleet_parameter* const parameters[] = {&count_parameter, NULL};

static const benchfleet_workload lookup_workload = {
    .struct_size = sizeof(benchfleet_workload),
    .name = "example.lookup",
    .description = "a binary search in a sorted array of `count` numbers",
    .parameters = parameters,
    .set_up = set_up,
    .run = run_lookups,
    .validate = is_sorted,
    .tear_down = tear_down,
    .fact = fact,
};

static const benchfleet_metric fill_metric = {
    .struct_size = sizeof(benchfleet_metric),
    .name = "fill",
    .unit = "ns",
    .direction = BENCHFLEET_LOWER_IS_BETTER,
};
static const benchfleet_metric sort_metric = {
    .struct_size = sizeof(benchfleet_metric),
    .name = "sort",
    .unit = "ns",
    .direction = BENCHFLEET_LOWER_IS_BETTER,
};
static const benchfleet_metric throughput_metric = {
    .struct_size = sizeof(benchfleet_metric),
    .name = "throughput",
    .unit = "B/s",
    .direction = BENCHFLEET_HIGHER_IS_BETTER,
    .derived_from = "sort",
};
static const benchfleet_metric* const sort_metrics[] = {&fill_metric, &sort_metric,
                                                        &throughput_metric, NULL};

static const benchfleet_workload sort_workload = {
    .struct_size = sizeof(benchfleet_workload),
    .name = "example.sort",
    .description = "fill and sort an array of `count` numbers",
    .parameters = parameters,
    .metrics = sort_metrics,
    .set_up = set_up,
    .run_once = run_sort,
    .validate = is_sorted,
    .tear_down = tear_down,
    .numerator = sorted_bytes,
    .fact = fact,
};

static const benchfleet_workload* const workloads[] = {&lookup_workload, &sort_workload, NULL};

static const benchfleet_plugin plugin = {
    .abi_version = BENCHFLEET_PLUGIN_ABI_VERSION,
    .struct_size = sizeof(benchfleet_plugin),
    .version = "1.0",
    .workloads = workloads,
};

const benchfleet_plugin* benchfleet_plugin_entry(uint32_t abi_version) {
  (void)abi_version;
  return &plugin;
}
