#include "coordinator/http.h"

#include <CivetServer.h>

#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/status.h"

namespace benchfleet {
namespace {

constexpr const char* kThreads = "4";  // scrapes and people; not agents

class PageHandler : public CivetHandler {
 public:
  PageHandler(std::string path, HttpPage page) : path_(std::move(path)), page_(std::move(page)) {}

  bool handleGet(CivetServer*, mg_connection* connection) override {
    return Answer(connection, true);
  }
  bool handleHead(CivetServer*, mg_connection* connection) override {
    return Answer(connection, false);
  }

 private:
  // civetweb gives a handler every path below its own, too.
  bool Answer(mg_connection* connection, bool with_body) {
    HttpReply reply;
    if (path_ == mg_get_request_info(connection)->local_uri) {
      reply = page_();
    } else {
      reply = {404, "text/plain; charset=utf-8", "no such page\n"};
    }
    const std::string head = absl::StrFormat(
        "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %d\r\nCache-Control: no-store\r\n"
        "X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n",
        reply.code, mg_get_response_code_text(connection, reply.code), reply.content_type,
        reply.body.size());
    mg_write(connection, head.data(), head.size());
    if (with_body) mg_write(connection, reply.body.data(), reply.body.size());
    return true;
  }

  const std::string path_;
  const HttpPage page_;
};

}  // namespace

class HttpServer::Impl {
 public:
  explicit Impl(const std::vector<std::string>& options) : server(options) {}
  CivetServer server;
  std::vector<std::unique_ptr<PageHandler>> handlers;
};

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

HttpServer::~HttpServer() { impl_->server.close(); }

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(
    const std::string& address, std::map<std::string, HttpPage> pages) {
  const std::vector<std::string> options = {
      "listening_ports",   address, "num_threads",      kThreads, "request_timeout_ms", "10000",
      "enable_keep_alive", "no",    "max_request_size", "16384"};
  try {
    auto impl = std::make_unique<Impl>(options);
    for (auto& [path, page] : pages) {
      impl->handlers.push_back(std::make_unique<PageHandler>(path, std::move(page)));
      impl->server.addHandler(path, *impl->handlers.back());
    }
    auto server = std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
    const std::vector<int> ports = server->impl_->server.getListeningPorts();
    server->port_ = ports.empty() ? 0 : ports.front();
    return server;
  } catch (const CivetException&) {
    return absl::UnavailableError(absl::StrFormat(
        "cannot listen for HTTP on %s (is the port taken? choose another with --http)", address));
  }
}

}  // namespace benchfleet
