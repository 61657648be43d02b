#include "workloads/prover_bb_server.h"

#include <cstdint>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/status.h"

namespace benchfleet {
namespace {

using nlohmann::json;

constexpr size_t kLengthBytes = 4;
constexpr int kDepthMax = 16;

// Accepts well-formed MessagePack that is not nested too deeply: nlohmann's reader of values
// recurses, and this one can be told to stop.
class ShallowCheck final : public nlohmann::json_sax<json> {
 public:
  bool null() override { return true; }
  bool boolean(bool /*value*/) override { return true; }
  bool number_integer(number_integer_t /*value*/) override { return true; }
  bool number_unsigned(number_unsigned_t /*value*/) override { return true; }
  bool number_float(number_float_t /*value*/, const string_t& /*text*/) override { return true; }
  bool string(string_t& /*value*/) override { return true; }
  bool binary(binary_t& /*value*/) override { return true; }
  bool key(string_t& /*value*/) override { return true; }
  bool start_object(size_t /*elements*/) override { return ++depth_ <= kDepthMax; }
  bool start_array(size_t /*elements*/) override { return ++depth_ <= kDepthMax; }
  bool end_object() override { return --depth_ >= 0; }
  bool end_array() override { return --depth_ >= 0; }
  bool parse_error(size_t /*position*/, const std::string& /*last_token*/,
                   const nlohmann::detail::exception& /*error*/) override {
    return false;
  }

 private:
  int depth_ = 0;
};

json ParseAnswer(const std::string& bytes) {
  ShallowCheck check;
  if (!json::sax_parse(bytes, &check, json::input_format_t::msgpack))
    return json::value_t::discarded;
  return json::from_msgpack(bytes, /*strict=*/true, /*allow_exceptions=*/false);
}

uint32_t LengthOf(const std::string& prefix) {
  uint32_t length = 0;
  for (size_t i = kLengthBytes; i-- > 0;) {
    length = length << 8 | static_cast<unsigned char>(prefix[i]);
  }
  return length;
}

}  // namespace

absl::StatusOr<std::unique_ptr<BbServer>> BbServer::Start(Spawner& spawner, SpawnRequest request,
                                                          const std::string& name) {
  BF_ASSIGN_OR_RETURN(std::unique_ptr<Servant> servant,
                      Servant::Start(spawner, std::move(request), name));
  return std::unique_ptr<BbServer>(new BbServer(std::move(servant)));
}

absl::StatusOr<json> BbServer::Call(const std::string& command, json arguments) {
  const json request = json::array({json::array({command, std::move(arguments)})});
  std::string message(kLengthBytes, '\0');
  json::to_msgpack(request, message);
  for (size_t i = 0; i < kLengthBytes; ++i) {
    message[i] = static_cast<char>((message.size() - kLengthBytes) >> (8 * i));
  }
  BF_RETURN_IF_ERROR(servant_->Ask(message));
  BF_ASSIGN_OR_RETURN(const std::string prefix, servant_->ReadBytes(kLengthBytes));
  BF_ASSIGN_OR_RETURN(const std::string bytes, servant_->ReadBytes(LengthOf(prefix)));
  json answer = ParseAnswer(bytes);
  if (!answer.is_array() || answer.size() != 2 || !answer[0].is_string() ||
      !answer[1].is_object()) {
    return servant_->Error("it answers " + command + " with something that is no answer");
  }
  if (answer[0] == command + "Response") return std::move(answer[1]);
  const std::string why = answer[1].contains("message") && answer[1]["message"].is_string()
                              ? answer[1]["message"].get<std::string>()
                              : "no reason given";
  if (answer[0] == "ErrorResponse") return absl::FailedPreconditionError(why);
  return servant_->Error("it answers " + command + " with the answer to something else");
}

}  // namespace benchfleet
