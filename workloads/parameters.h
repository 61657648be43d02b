// A run's parameters, checked against what its workload declares.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "proto/model.h"

namespace benchfleet {

// Value; every declared parameter has a value, the default where none was given ("" where there is
// no default). The getters are for declared names of the right kind (CHECK); their errors name the
// parameter. Bounds are those of the declaration, and hold already.
class Parameters {
 public:
  // Errors, InvalidArgument: an undeclared name (with the nearest declared one), a value that does
  // not fit its declaration (proto/parameter_value.h), a required one that is missing, a value
  // above limits::kMaxParameterBytes.
  static absl::StatusOr<Parameters> Check(const WorkloadDescription& workload,
                                          const StringMap& given);

  const std::string& Text(std::string_view name) const;
  // "64", "1KiB": bytes.
  absl::StatusOr<uint64_t> Bytes(std::string_view name) const;
  absl::StatusOr<int64_t> Count(std::string_view name) const;
  absl::StatusOr<absl::Duration> Duration(std::string_view name) const;
  // "true" or "false".
  absl::StatusOr<bool> Boolean(std::string_view name) const;
  // A JSON array of strings; "" is an empty list.
  absl::StatusOr<std::vector<std::string>> TextList(std::string_view name) const;
  // "a=b,c=d" or a JSON object of strings; "" is an empty map.
  absl::StatusOr<StringMap> TextMap(std::string_view name) const;

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

// How workloads declare theirs: text, or one of a few words;
ParameterDescription OptionalParameter(std::string name, std::string description,
                                       std::string default_value,
                                       std::vector<std::string> allowed = {});
ParameterDescription RequiredParameter(std::string name, std::string description);
// of another kind;
ParameterDescription OfKind(ParameterKind kind, ParameterDescription parameter);
// bytes and whole numbers between two bounds, inclusive.
ParameterDescription SizeParameter(std::string name, std::string description,
                                   std::string default_value, uint64_t min, uint64_t max);
ParameterDescription CountParameter(std::string name, std::string description,
                                    std::string default_value, int64_t min, int64_t max);

}  // namespace benchfleet
