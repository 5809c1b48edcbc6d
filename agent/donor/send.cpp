#include "agent/donor/send.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <memory>
#include <vector>

#include "common/backup/clone_protocol.hpp"
#include "common/base/component.hpp"
#include "common/base/error.hpp"
#include "common/base/log.hpp"
#include "common/base/version.hpp"

namespace mysql_agent {
namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

namespace {

constexpr std::size_t chunk_bytes = 1 << 20;
constexpr std::chrono::seconds kill_after{2};
constexpr std::chrono::milliseconds tick{20};

// An HTTP chunk in a single piece of memory, so that a single write sends it: a size of fixed width, the data, CRLF.
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

// A tool that runs for a recipient. The coroutine that reads its stderr shares it.
struct Tool {
  Tool(const asio::any_io_executor& executor, const Command& command)
      : child(command), out(executor, child.take_stdout().release()), error(executor, child.take_stderr().release()) {}

  Child child;
  asio::posix::stream_descriptor out;
  asio::posix::stream_descriptor error;
  LineTail messages{4 * 1024, [](std::string_view line) {
                      log_event(LogLevel::debug, component::donor, "backup said", {{"line", line}});
                    }};
  bool messages_ended = false;
  bool recipient_gone = false;
  bool done = false;
};

asio::awaitable<void> pause() {
  asio::steady_timer timer(co_await asio::this_coro::executor, tick);
  co_await timer.async_wait(asio::use_awaitable);
}

asio::awaitable<void> read_errors(std::shared_ptr<Tool> tool) {
  std::array<char, 16 * 1024> buffer{};
  for (error_code error; !error;) {
    const std::size_t n =
        co_await tool->error.async_read_some(asio::buffer(buffer), asio::redirect_error(asio::use_awaitable, error));
    tool->messages.add({buffer.data(), n});
  }
  tool->messages_ended = true;
}

// A recipient sends nothing after its request. So when its connection becomes readable, it was closed, or is broken.
// That holds for TLS 1.3 too: after the handshake a recipient sends its request, and then only the end of the
// connection. Our new keys do not ask for new keys of the recipient.
void watch_recipient(PeerStream& stream, const std::shared_ptr<Tool>& tool) {
  stream.socket().async_wait(asio::ip::tcp::socket::wait_read, [tool](const error_code& error) {
    if (error || tool->done) return;
    tool->recipient_gone = true;
    tool->child.signal(SIGTERM);
    error_code ignored;
    tool->out.close(ignored);
  });
}

// Each part that was sent gives the recipient new time: a slow recipient is served as long as anything moves.
asio::awaitable<void> write_all(PeerStream& stream, asio::const_buffer data, std::chrono::milliseconds stall_timeout) {
  while (data.size() > 0) {
    stream.stalls_after(stall_timeout);
    data += co_await stream.async_write_some(data, asio::use_awaitable);
  }
}

asio::awaitable<void> send_head(PeerStream& stream, std::chrono::milliseconds stall_timeout) {
  http::response<http::empty_body> head(http::status::ok, 11);
  head.set(http::field::server, agent_product());
  head.set(http::field::content_type, clone_protocol::content_type);
  head.set(http::field::trailer, std::string(clone_protocol::status_field) + ", " + clone_protocol::bytes_field + ", " +
                                     clone_protocol::digest_field);
  head.keep_alive(false);
  head.chunked(true);
  http::response_serializer<http::empty_body> serializer(head);
  stream.expires_after(stall_timeout);
  co_await http::async_write_header(stream, serializer, asio::use_awaitable);
}

// Sends the tool's stdout to the recipient, to its end. The head is sent together with the first byte: if the tool
// fails before, the recipient still gets a plain 500 with the reason.
asio::awaitable<void> send_stream(PeerStream& stream, Tool& tool, StreamDigest& digest,
                                  std::chrono::milliseconds stall_timeout, RateLimit& rate, std::uint64_t& sent_bytes) {
  ChunkBuffer chunk;
  asio::steady_timer timer(co_await asio::this_coro::executor);
  for (;;) {
    error_code error;
    const std::size_t n = co_await tool.out.async_read_some(asio::buffer(chunk.data(), rate.piece(chunk_bytes)),
                                                            asio::redirect_error(asio::use_awaitable, error));
    if (n == 0) co_return;
    const auto now = RateLimit::Clock::now();
    const auto at = rate.reserve(now, n);
    if (at > now) {
      timer.expires_at(at);
      co_await timer.async_wait(asio::use_awaitable);
    }
    if (digest.bytes() == 0) co_await send_head(stream, stall_timeout);
    digest.update({chunk.data(), n});
    co_await write_all(stream, chunk.finish(n), stall_timeout);
    sent_bytes += n;
  }
}

// Returns `ok`, or what failed. Waits for the tool's end, and for its last message.
asio::awaitable<std::string> tool_status(Tool& tool, const std::string& tool_name) {
  while (!tool.recipient_gone && (!tool.child.try_wait() || !tool.messages_ended)) co_await pause();
  const int exit_code = tool.child.try_wait().value_or(-1);
  // Both tools end with this line when, and only when, all went well.
  if (exit_code == 0 && tool.messages.text().find("completed OK!") != std::string::npos)
    co_return clone_protocol::status_ok;
  co_return tool_name + " ended with exit code " + std::to_string(exit_code) + ": " + tool.messages.last_line();
}

// A field of an HTTP trailer is one line of visible characters.
std::string field_text(const std::string& text) {
  std::string out;
  for (const char c : text.substr(0, 500)) out += c >= 0x20 && c < 0x7f ? c : ' ';
  return out;
}

asio::awaitable<void> send_end(PeerStream& stream, const std::string& status, const StreamDigest& digest,
                               std::chrono::milliseconds stall_timeout) {
  if (digest.bytes() == 0) {
    HttpReply reply;
    reply.status = http::status::internal_server_error;
    reply.body = status + "\n";
    co_await send_reply(stream, reply);
    co_return;
  }
  http::fields trailer;
  trailer.set(clone_protocol::status_field, field_text(status));
  trailer.set(clone_protocol::bytes_field, std::to_string(digest.bytes()));
  trailer.set(clone_protocol::digest_field, digest.text());
  stream.expires_after(stall_timeout);
  co_await asio::async_write(stream, http::make_chunk_last(trailer), asio::use_awaitable);
}

// It holds locks on the server, and a slot: it must be gone within seconds.
asio::awaitable<void> end_tool(Tool& tool) {
  if (tool.child.try_wait()) co_return;
  tool.child.signal(SIGTERM);
  const auto deadline = std::chrono::steady_clock::now() + kill_after;
  while (!tool.child.try_wait()) {
    if (std::chrono::steady_clock::now() >= deadline) tool.child.signal(SIGKILL);
    co_await pause();
  }
}

}  // namespace

asio::awaitable<CloneOutcome> stream_clone(PeerStream& stream, const Command& backup, const std::string& tool_name,
                                           std::chrono::milliseconds stall_timeout, RateLimit& rate,
                                           std::uint64_t& sent_bytes, const JudgeCopy& judge_copy) {
  const auto executor = co_await asio::this_coro::executor;
  const auto tool = std::make_shared<Tool>(executor, backup);
  error_code ignored;
  asio::co_spawn(executor, read_errors(tool), asio::detached);
  watch_recipient(stream, tool);
  StreamDigest digest;
  CloneOutcome outcome;
  try {
    co_await send_stream(stream, *tool, digest, stall_timeout, rate, sent_bytes);
    std::string status = co_await tool_status(*tool, tool_name);
    if (status != clone_protocol::status_ok) {
      outcome.failure = status;
      outcome.reason = clone_failure::tool;
    } else if (!tool->recipient_gone) {
      const std::string worthless = co_await judge_copy();
      if (!worthless.empty()) {
        status = outcome.failure = worthless;
        outcome.reason = clone_failure::not_fit_any_more;
      }
    }
    if (!tool->recipient_gone) co_await send_end(stream, status, digest, stall_timeout);
  } catch (const boost::system::system_error& error) {
    outcome.failure = error.what();
    outcome.reason = error.code() == boost::beast::error::timeout ? clone_failure::stalled : clone_failure::connection;
  } catch (const std::exception& error) {
    outcome.failure = error.what();
    outcome.reason = clone_failure::connection;
  }
  tool->done = true;
  // Ends the wait for the recipient. A stalled stream has closed its socket already, so no exception here: the tool
  // must be ended whatever happened.
  stream.socket().cancel(ignored);
  co_await end_tool(*tool);
  if (tool->recipient_gone) {
    outcome.failure = "the recipient went away";
    outcome.reason = clone_failure::recipient_gone;
  }
  outcome.tool_exit = tool->child.try_wait().value_or(-1);
  outcome.tool_said = tool->messages.last_line();
  outcome.bytes = digest.bytes();
  co_return outcome;
}

}  // namespace mysql_agent
