#pragma once

#include <utility>  // before Boost.Asio 1.74 in C++20, which uses std::exchange without it

#include <algorithm>
#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "common/net/tls_engine.hpp"

namespace mysql_agent {

/// A connection between two pods: plain TCP, or TLS over TCP. The class is an AsyncReadStream and an AsyncWriteStream
/// of Asio. Its timer is that of beast::tcp_stream: at the end of the time the socket is closed, and the operation ends
/// with beast::error::timeout. Only one operation may run at a time, be it a read or a write.
class PeerStream {
 public:
  using executor_type = boost::beast::tcp_stream::executor_type;
  using Duration = std::chrono::milliseconds;

  template <class SocketOrContext>
  explicit PeerStream(SocketOrContext&& socket) : tcp_(std::forward<SocketOrContext>(socket)) {}

  PeerStream(const PeerStream&) = delete;
  PeerStream& operator=(const PeerStream&) = delete;

  executor_type get_executor() { return tcp_.get_executor(); }
  boost::asio::ip::tcp::socket& socket() { return tcp_.socket(); }
  /// For connecting alone. All other operations go through this class.
  boost::beast::tcp_stream& tcp() { return tcp_; }
  void close() { tcp_.close(); }
  bool is_tls() const { return engine_ != nullptr; }

  /// Bounds the time from now to the end of what follows, until another bound is set.
  void expires_after(Duration duration) {
    stall_.reset();
    tcp_.expires_after(duration);
  }
  /// Bounds the time without one byte: each read or write of the socket gets `duration` anew.
  void stalls_after(Duration duration) {
    stall_ = duration;
    tcp_.expires_after(duration);
  }

  /// Makes the TLS handshake; all later reads and writes are TLS. `host` is as in TlsEngine. Signature:
  /// void(error_code). In case of an error the other side has been sent TLS's alert.
  template <class Token>
  auto async_handshake(std::shared_ptr<TlsContext> context, TlsEngine::Side side, const std::string& host,
                       Token&& token) {
    engine_ = std::make_unique<TlsEngine>(std::move(context), side, host);
    const auto step = [this](boost::system::error_code& error) -> std::optional<std::size_t> {
      return engine_->handshake(error) ? std::optional<std::size_t>(0) : std::nullopt;
    };
    return boost::asio::async_compose<Token, void(boost::system::error_code)>(
        Operation<decltype(step), false>{*this, step}, token, tcp_);
  }

  /// Sends TLS's end mark (close_notify), which tells the other side that nothing was cut off. Does nothing on plain
  /// TCP. Signature: void(error_code).
  template <class Token>
  auto async_close(Token&& token) {
    const auto step = [this](boost::system::error_code&) -> std::optional<std::size_t> {
      if (engine_) engine_->close();
      return 0;
    };
    return boost::asio::async_compose<Token, void(boost::system::error_code)>(
        Operation<decltype(step), false>{*this, step}, token, tcp_);
  }

  /// Reads at least one byte. Signature: void(error_code, std::size_t). asio::error::eof at TLS's end mark;
  /// TlsError::cut if the connection ends without it.
  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    if (!engine_) return tcp_.async_read_some(buffers, std::forward<Token>(token));
    const auto step = [this, to = first_non_empty<boost::asio::mutable_buffer>(buffers)](
                          boost::system::error_code& error) -> std::optional<std::size_t> {
      const std::size_t n = engine_->read(static_cast<char*>(to.data()), to.size(), error);
      return n > 0 || to.size() == 0 ? std::optional<std::size_t>(n) : std::nullopt;
    };
    return boost::asio::async_compose<Token, void(boost::system::error_code, std::size_t)>(
        Operation<decltype(step), true>{*this, step}, token, tcp_);
  }

  /// Writes at most `write_bytes`. TLS makes records of 16 KiB of them, which go to the socket together. Signature:
  /// void(error_code, std::size_t).
  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    if (!engine_) return tcp_.async_write_some(buffers, std::forward<Token>(token));
    const auto step = [this, buffers](boost::system::error_code& error) -> std::optional<std::size_t> {
      std::size_t n = 0;
      for (auto at = boost::asio::buffer_sequence_begin(buffers);
           at != boost::asio::buffer_sequence_end(buffers) && !error; ++at) {
        const boost::asio::const_buffer buffer = boost::asio::buffer(boost::asio::const_buffer(*at), write_bytes - n);
        engine_->write(static_cast<const char*>(buffer.data()), buffer.size(), error);
        n += buffer.size();
      }
      return n;
    };
    return boost::asio::async_compose<Token, void(boost::system::error_code, std::size_t)>(
        Operation<decltype(step), true>{*this, step}, token, tcp_);
  }

 private:
  static constexpr std::size_t write_bytes = 128 * 1024;

  template <class Buffer, class Buffers>
  static Buffer first_non_empty(const Buffers& buffers) {
    for (auto at = boost::asio::buffer_sequence_begin(buffers); at != boost::asio::buffer_sequence_end(buffers); ++at)
      if (Buffer(*at).size() > 0) return *at;
    return {};
  }

  // One operation on a TLS connection. It calls the engine's step, sends the engine's output, and reads input if the
  // step needs more. It repeats this until the step has given a result or an error, and never calls the step after
  // that.
  template <class Step, bool with_bytes>
  struct Operation {
    PeerStream& stream;
    Step step;
    enum { begins, reads, writes, ends } phase = begins;
    std::optional<std::size_t> result = std::nullopt;
    boost::system::error_code failure = {};

    template <class Self>
    void operator()(Self& self, boost::system::error_code error = {}, std::size_t bytes = 0) {
      if (phase == ends) return complete(self, failure);
      TlsEngine* const engine = stream.engine_.get();
      if (phase == reads) engine->input_arrived(bytes);
      if (phase == writes) engine->output_sent(bytes);
      if (phase == reads && error == boost::asio::error::eof) {
        engine->input_ended();
        error = {};
      }
      if (error) return complete(self, failure ? failure : error);
      if (!result && !failure) result = step(failure);
      if (failure) result.reset();
      if (engine != nullptr && engine->output().size() > 0) {
        enter(writes);
        return stream.tcp_.async_write_some(engine->output(), std::move(self));
      }
      if (!result && !failure) {
        enter(reads);
        return stream.tcp_.async_read_some(engine->input_space(), std::move(self));
      }
      if (phase != begins) return complete(self, failure);
      // Nothing was waited for. Asio forbids that an operation completes inside the call that begins it.
      phase = ends;
      boost::asio::post(stream.tcp_.get_executor(), std::move(self));
    }

    template <typename Phase>
    void enter(Phase next) {
      if (phase != begins && stream.stall_) stream.tcp_.expires_after(*stream.stall_);
      phase = next;
    }

    template <class Self>
    void complete(Self& self, boost::system::error_code error) {
      if constexpr (with_bytes) self.complete(error, error ? 0 : result.value_or(0));
      else self.complete(error);
    }
  };

  boost::beast::tcp_stream tcp_;
  std::unique_ptr<TlsEngine> engine_;
  std::optional<Duration> stall_;
};

}  // namespace mysql_agent
