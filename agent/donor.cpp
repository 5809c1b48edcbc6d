#include "agent/donor.hpp"


#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <vector>

#include "common/error.hpp"
#include "common/log.hpp"
#include "common/option_file.hpp"
#include "common/process.hpp"

namespace mysql_agent {
namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;

namespace {

constexpr const char* component = "donor";
constexpr std::size_t chunk_bytes = 1 << 20;  // as much as the pipe holds
constexpr int socket_buffer_bytes = 4 << 20;
constexpr std::chrono::seconds kill_after{2};
constexpr unsigned busy_retry_seconds = 5;

// One HTTP chunk in one piece of memory, so that it leaves in one write: a size of fixed width, the data, CRLF.
class ChunkBuffer {
 public:
  char* data() { return bytes_.data() + head_size; }
  asio::const_buffer finish(std::size_t size) {
    std::array<char, head_size + 1> head{};
    std::snprintf(head.data(), head.size(), "%08zx\r\n", size);
    std::copy_n(head.data(), head_size, bytes_.data());
    std::copy_n("\r\n", 2, data() + size);
    return asio::buffer(bytes_.data(), head_size + size + 2);
  }

 private:
  static constexpr std::size_t head_size = 10;
  std::vector<char> bytes_ = std::vector<char>(head_size + chunk_bytes + 2);
};

// Each part that leaves gives the recipient new time: a slow one is served as long as it moves at all.
asio::awaitable<void> write_all(beast::tcp_stream& stream, asio::const_buffer data, std::chrono::milliseconds stall_timeout) {
  while (data.size() > 0) {
    stream.expires_after(stall_timeout);
    data += co_await stream.async_write_some(data, asio::use_awaitable);
  }
}

// A field of an HTTP trailer is one line of visible characters.
std::string field_text(const std::string& text) {
  std::string out;
  for (const char c : text.substr(0, 500)) out += c >= 0x20 && c < 0x7f ? c : ' ';
  return out;
}

}  // namespace

// A tool that runs for one recipient.
struct Donor::Job {
  Job(asio::io_context& io, const Command& command)
      : child(command), out(io, child.take_stdout().release()), error(io, child.take_stderr().release()) {}

  Child child;
  asio::posix::stream_descriptor out;
  asio::posix::stream_descriptor error;
  LineTail said{4 * 1024, [](std::string_view line) { log_event(LogLevel::debug, component, "backup said", {{"line", line}}); }};
  bool recipient_gone = false;
  bool done = false;
};

Donor::Donor(asio::io_context& io, DonorOptions options, const PodView& view)
    : io_(io), options_(std::move(options)), view_(view), tool_(find_backup_tool()) {
  if (!tool_) log_event(LogLevel::warning, component, "found no backup tool in PATH: no clone can be served");
}

Donor::~Donor() = default;

DonorInfo Donor::info() {
  DonorInfo info = judge_donor(view_, tool_, options_.max_lag);
  info.slots_total = options_.max_clones;
  info.slots_free = options_.max_clones - std::min(*active_, options_.max_clones);
  if (stopping_) {
    info.fit = false;
    info.has_data = false;
    info.reason = "it is shutting down";
  }
  return info;
}

asio::awaitable<void> Donor::handle(beast::tcp_stream& stream, HttpRequest request) {
  HttpReply reply;
  if (request.path == clone_protocol::donor_path) {
    reply.content_type = "application/json";
    reply.body = donor_info_text(info());
  } else if (request.path == clone_protocol::clone_path) {
    co_await serve_clone(stream, request.query == clone_protocol::recovery_query);
    co_return;
  } else {
    reply.status = http::status::not_found;
    reply.body = std::string("there is ") + clone_protocol::donor_path + " and " + clone_protocol::clone_path + "\n";
  }
  co_await send_reply(stream, reply);
}

asio::awaitable<void> Donor::serve_clone(beast::tcp_stream& stream, bool recovery) {
  const DonorInfo now = info();
  const bool good = recovery ? now.has_data && tool_ && tool_->version.same_series(now.server) : now.fit;
  HttpReply refusal;
  if (!good) {
    refusal.status = http::status::conflict;
    refusal.body = (now.reason.empty() ? "it has no data" : now.reason) + "\n";
  } else if (now.slots_free == 0) {
    refusal.status = http::status::service_unavailable;
    refusal.retry_after_seconds = busy_retry_seconds;
    refusal.body = "all clone slots are taken\n";
  }
  if (!refusal.body.empty()) {
    co_await send_reply(stream, refusal);
    co_return;
  }
  struct Slot {
    explicit Slot(std::shared_ptr<unsigned> active) : count(std::move(active)) { ++*count; }
    ~Slot() { --*count; }
    Slot(const Slot&) = delete;
    Slot& operator=(const Slot&) = delete;
    std::shared_ptr<unsigned> count;
  } const slot(active_);
  const auto begin = std::chrono::steady_clock::now();
  const auto peer = stream.socket().remote_endpoint();
  log_event(LogLevel::info, component, "began to serve a clone", {{"to", peer.address().to_string()}});
  const Fd login = make_memory_file("login.cnf", tool_login_options(options_.login));
  Command command;
  command.argv = backup_arguments(*tool_, options_.dir.root, options_.parallel);
  command.option_file = login.get();
  auto job = std::make_shared<Job>(io_, command);
  std::string failure;
  try {
    co_await run_job(stream, job);
  } catch (const std::exception& error) {
    failure = error.what();
  }
  job->done = true;
  // Ends the wait for the recipient. A stalled stream has closed its socket already, so no exception here: the tool
  // must be ended whatever happened.
  error_code ignored;
  stream.socket().cancel(ignored);
  co_await end_tool(job);
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin).count();
  if (job->recipient_gone) failure = "the recipient went away";
  if (failure.empty()) log_event(LogLevel::info, component, "served a clone", {{"to", peer.address().to_string()}, {"ms", ms}});
  else
    log_event(LogLevel::warning, component, "failed to serve a clone",
              {{"to", peer.address().to_string()}, {"ms", ms}, {"error", failure}, {"tool_said", job->said.last_line()}});
}

asio::awaitable<void> Donor::run_job(beast::tcp_stream& stream, std::shared_ptr<Job> job) {
  error_code ignored;
  stream.socket().set_option(asio::socket_base::send_buffer_size(socket_buffer_bytes), ignored);
  const auto read_errors = [](std::shared_ptr<Job> mine) -> asio::awaitable<void> {
    std::array<char, 16 * 1024> buffer{};
    for (error_code error; !error;) {
      const std::size_t n = co_await mine->error.async_read_some(asio::buffer(buffer), asio::redirect_error(asio::use_awaitable, error));
      mine->said.add({buffer.data(), n});
    }
  };
  asio::co_spawn(io_, read_errors(job), asio::detached);
  // A recipient says nothing after its request: when its side becomes readable, it has closed, or broke.
  stream.socket().async_wait(asio::ip::tcp::socket::wait_read, [job](const error_code& error) {
    if (error || job->done) return;
    job->recipient_gone = true;
    job->child.signal(SIGTERM);
    error_code nothing;
    job->out.close(nothing);
  });

  ChunkBuffer chunk;
  StreamDigest digest;
  bool head_sent = false;
  http::response<http::empty_body> head(http::status::ok, 11);
  head.set(http::field::server, "mysql-agent/" MYSQL_AGENT_VERSION);
  head.set(http::field::content_type, clone_protocol::content_type);
  head.set(http::field::trailer, std::string(clone_protocol::status_field) + ", " + clone_protocol::bytes_field + ", " + clone_protocol::digest_field);
  head.keep_alive(false);
  head.chunked(true);
  for (;;) {
    error_code error;
    const std::size_t n = co_await job->out.async_read_some(asio::buffer(chunk.data(), chunk_bytes), asio::redirect_error(asio::use_awaitable, error));
    if (job->recipient_gone) co_return;
    if (n == 0) break;
    if (!head_sent) {
      // Not before the first byte: a tool that fails at once gets a plain 500 with its reason.
      stream.expires_after(options_.stall_timeout);
      http::response_serializer<http::empty_body> serializer(head);
      co_await http::async_write_header(stream, serializer, asio::use_awaitable);
      head_sent = true;
    }
    digest.update({chunk.data(), n});
    co_await write_all(stream, chunk.finish(n), options_.stall_timeout);
  }
  int exit_code = 0;
  while (true) {
    if (const auto code = job->child.try_wait()) {
      exit_code = *code;
      break;
    }
    asio::steady_timer tick(io_, std::chrono::milliseconds(20));
    co_await tick.async_wait(asio::use_awaitable);
    if (job->recipient_gone) co_return;
  }
  std::string status = clone_protocol::status_ok;
  // Both tools end with this line when, and only when, all went well.
  if (exit_code != 0 || job->said.text().find("completed OK!") == std::string::npos)
    status = tool_->name + " ended with exit code " + std::to_string(exit_code) + ": " + job->said.last_line();
  if (!head_sent) {
    HttpReply reply;
    reply.status = http::status::internal_server_error;
    reply.body = status + "\n";
    co_await send_reply(stream, reply);
  } else {
    http::fields trailer;
    trailer.set(clone_protocol::status_field, field_text(status));
    trailer.set(clone_protocol::bytes_field, std::to_string(digest.bytes()));
    trailer.set(clone_protocol::digest_field, digest.text());
    stream.expires_after(options_.stall_timeout);
    co_await asio::async_write(stream, http::make_chunk_last(trailer), asio::use_awaitable);
  }
  if (status != clone_protocol::status_ok) throw failed(status, "");
}

// The tool must be gone within seconds: it holds locks on the server, and its slot.
asio::awaitable<void> Donor::end_tool(std::shared_ptr<Job> job) {
  if (!job->child.try_wait()) {
    job->child.signal(SIGTERM);
    const auto deadline = std::chrono::steady_clock::now() + kill_after;
    while (!job->child.try_wait()) {
      if (std::chrono::steady_clock::now() >= deadline) job->child.signal(SIGKILL);
      asio::steady_timer tick(io_, std::chrono::milliseconds(20));
      co_await tick.async_wait(asio::use_awaitable);
    }
  }
}

}  // namespace mysql_agent
