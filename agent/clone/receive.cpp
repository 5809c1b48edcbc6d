#include "agent/clone/receive.hpp"

#include <utility>  // before Boost.Asio 1.74 in C++20, which uses std::exchange without it

#include <boost/asio/buffer.hpp>
#include <boost/beast/http.hpp>

#include <cstring>
#include <functional>
#include <memory>

#include "common/backup/backup_metadata.hpp"
#include "common/backup/clone_protocol.hpp"
#include "common/backup/stage_writer.hpp"
#include "common/backup/xbstream.hpp"
#include "common/base/crash_point.hpp"
#include "common/base/error.hpp"
#include "common/base/slab_pool.hpp"
#include "common/net/http_client.hpp"

namespace mysql_agent {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;
using clone_protocol::again_hint;

// 16 MiB in flight keeps two writers busy and leaves room below the 64 MiB that one side may use.
constexpr std::size_t slab_count = 16;
constexpr std::size_t slab_bytes = 1 << 20;

// The body of a message, handed on piece by piece without a copy.
struct StreamBody {
  struct value_type {
    std::function<void()> head;  // is called when the header is complete, before the trailer can be there
    std::function<void(std::string_view)> sink;
  };
  class reader {
   public:
    template <bool is_request, class Fields>
    reader(http::header<is_request, Fields>&, value_type& body) : body_(body) {}
    void init(const boost::optional<std::uint64_t>&, error_code& error) {
      error = {};
      body_.head();
    }
    template <class Buffers>
    std::size_t put(const Buffers& buffers, error_code& error) {
      error = {};
      std::size_t bytes = 0;
      for (auto at = asio::buffer_sequence_begin(buffers); at != asio::buffer_sequence_end(buffers); ++at) {
        const asio::const_buffer buffer = *at;
        body_.sink({static_cast<const char*>(buffer.data()), buffer.size()});
        bytes += buffer.size();
      }
      return bytes;
    }
    void finish(error_code& error) { error = {}; }

   private:
    value_type& body_;
  };
};

using Parser = http::response_parser<StreamBody>;

// One transfer: the bytes' way from the socket through digest and xbstream reader to the writers.
class Receiver {
 public:
  Receiver(const ReceiveOptions& options, ReceiveProgress& progress)
      : options_(options),
        progress_(progress),
        slabs_(slab_count, slab_bytes),
        writer_(options.staging, options.threads),
        stream_({.on_open = [this](const std::string& path) { writer_.open(checked(path)); },
                 .on_data = [this](const std::string& path, std::uint64_t offset,
                                   std::string_view data) { writer_.write(path, offset, data, slab_); },
                 .on_close = [this](const std::string& path) { writer_.close(path); },
                 .on_remove = [this](const std::string& path) { writer_.remove(path); },
                 .on_rename = [this](const std::string& from,
                                     const std::string& to) { writer_.rename(from, checked(to)); }}) {
    parser_.eager(true);
    parser_.body_limit(boost::none);
    parser_.get().body().head = [this] { check_head(options_.host); };
    parser_.get().body().sink = [this](std::string_view data) {
      if (parser_.get().result() == http::status::ok) take_stream(data);
      else if (refusal_.size() < 1000) refusal_ += data;
    };
  }

  ReceiveResult run() {
    HttpConnection connection(options_.host, options_.port, options_.connect_timeout, options_.tls);
    std::string target = clone_protocol::clone_path;
    if (options_.recovery) target += std::string("?") + clone_protocol::recovery_query;
    connection.send_get(target, options_.stall_timeout);
    read_all(connection);
    check_end(connection.where());
    writer_.finish();
    crash_point("clone.synced");
    if (const auto missing = missing_backup_metadata(options_.staging))
      throw failed("the stream of " + connection.where() + " has no " + *missing, again_hint);
    return {digest_.bytes(), stream_.files(), digest_.text()};
  }

 private:
  // A server, or its entrypoint, would take other files at the top for its own options or for its own identity.
  const std::string& checked(const std::string& path) const {
    if (is_backup_path(path, options_.system_files)) return path;
    throw failed("the stream of " + options_.host + " has the file '" + path.substr(0, 100) +
                     "' at its top, which no backup tool writes",
                 "find out what sent it; files of InnoDB that have other names than ibdata1 must stand in "
                 "innodb_data_file_path of the option files here");
  }

  void take_stream(std::string_view data) {
    digest_.update(data);
    stream_.feed(data);
    progress_.bytes += data.size();
    crash_point("clone.receiving");
  }

  void read_all(HttpConnection& connection) {
    slab_ = slabs_.take();
    std::size_t have = 0;
    while (!parser_.is_done()) {
      const std::size_t n = connection.read_some(slab_.get() + have, slab_bytes - have, options_.stall_timeout);
      if (n == 0)
        throw failed("the connection to " + connection.where() + " ended before the message did, after " +
                         std::to_string(digest_.bytes()) + " bytes of the stream",
                     again_hint);
      error_code error;
      have += n;
      std::size_t used = 0;
      while (used < have && !parser_.is_done() && !error)
        used += parser_.put(asio::buffer(slab_.get() + used, have - used), error);
      if (error && error != http::error::need_more)
        throw failed("the answer of " + connection.where() + " is not proper HTTP: " + error.message(), again_hint);
      if (used == 0 && have == slab_bytes)
        throw failed("the answer of " + connection.where() + " has a header without end", again_hint);
      // The rest is the beginning of a chunk's header. It moves to a new slab: the writers may still hold this one.
      std::shared_ptr<char[]> next = slabs_.take();
      std::memcpy(next.get(), slab_.get() + used, have - used);
      have -= used;
      slab_ = std::move(next);
    }
    slab_.reset();
  }

  void check_head(const std::string& where) {
    const auto& head = parser_.get();
    if (head.result() != http::status::ok) return;  // the body has the reason
    if (head[http::field::content_type] != clone_protocol::content_type)
      throw failed(where + " did not send an xbstream but " + std::string(head[http::field::content_type]), again_hint);
    if (!head.chunked())
      throw failed(where + " did not send the stream in chunks: there would be no trailer", again_hint);
    // These fields belong into the trailer. Ahead of the stream they prove nothing about it.
    for (const char* field : {clone_protocol::status_field, clone_protocol::bytes_field, clone_protocol::digest_field})
      if (head.count(field) != 0) throw failed(where + " sent " + field + " ahead of the stream", again_hint);
  }

  void check_end(const std::string& where) {
    const auto& message = parser_.get();
    if (message.result() != http::status::ok)
      throw DonorRefusal(where + " refused the clone with " + std::to_string(message.result_int()) + ": " + refusal_,
                         "it is asked again, after the others");
    const auto trailer = [&](const char* field) {
      if (message.count(field) != 1)
        throw failed(where + " sent no trailer " + field + ": the stream may be cut", again_hint);
      return std::string(message[field]);
    };
    const std::string status = trailer(clone_protocol::status_field);
    if (status != clone_protocol::status_ok)
      throw failed(where + " could not finish the clone: " + status, "look at the donor's log");
    const std::string bytes = trailer(clone_protocol::bytes_field);
    if (bytes != std::to_string(digest_.bytes()))
      throw failed(where + " sent " + bytes + " bytes, and " + std::to_string(digest_.bytes()) + " arrived",
                   again_hint);
    const std::string digest = trailer(clone_protocol::digest_field);
    if (digest != digest_.text())
      throw failed("the stream of " + where + " has the digest " + digest_.text() + ", and the donor says " + digest,
                   again_hint);
    stream_.finish();
  }

  const ReceiveOptions& options_;
  ReceiveProgress& progress_;
  SlabPool slabs_;  // before the writer, whose jobs give slabs back
  std::shared_ptr<char[]> slab_;
  StageWriter writer_;
  XbstreamReader stream_;
  StreamDigest digest_;
  Parser parser_;
  std::string refusal_;
};

}  // namespace

ReceiveResult receive_clone(const ReceiveOptions& options, ReceiveProgress& progress) {
  // The receiver is on the heap: the parser and its buffers are large for a stack.
  const auto receiver = std::make_unique<Receiver>(options, progress);
  return receiver->run();
}

}  // namespace mysql_agent
