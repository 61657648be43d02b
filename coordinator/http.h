// The HTTP port: for reading only, plain HTTP, loopback by default. A reverse proxy gives people
// TLS.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace benchfleet {

struct HttpReply {
  int code = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
};

// A page: called on one of the server's threads, several at a time.
using HttpPage = std::function<HttpReply()>;

class HttpServer {
 public:
  // Listens at once; `address` is HOST:PORT. Every page answers GET and HEAD at exactly its path;
  // other paths are 404, other methods 405. Error: the address cannot be had.
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(const std::string& address,
                                                           std::map<std::string, HttpPage> pages);
  // Stops taking requests and waits for those under way; takes up to two seconds (the server
  // polls).
  ~HttpServer();
  int port() const { return port_; }

 private:
  class Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
  int port_ = 0;
};

}  // namespace benchfleet
