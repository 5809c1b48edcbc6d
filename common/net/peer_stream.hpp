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

/// A connection between two pods: plain TCP, or TLS on it. It is Asio's AsyncReadStream and AsyncWriteStream, with the
/// timer of beast::tcp_stream: when it runs out the socket is closed, and the operation ends with
/// beast::error::timeout. One operation at a time: a TLS connection is not for reading and writing at once.
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
  /// To connect by; all else goes through this class.
  boost::beast::tcp_stream& tcp() { return tcp_; }
  void close() { tcp_.close(); }
  bool is_tls() const { return engine_ != nullptr; }

  /// From here on to the end of an operation.
  void expires_after(Duration duration) {
    stall_.reset();
    tcp_.expires_after(duration);
  }
  /// So long without one byte: each part of an operation begins anew.
  void stalls_after(Duration duration) {
    stall_ = duration;
    tcp_.expires_after(duration);
  }

  /// All after this is TLS. Signature: void(error_code). An error has told the other side already.
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

  /// TLS's own end, which says that nothing was cut off. Signature: void(error_code).
  template <class Token>
  auto async_close(Token&& token) {
    const auto step = [this](boost::system::error_code&) -> std::optional<std::size_t> {
      if (engine_) engine_->close();
      return 0;
    };
    return boost::asio::async_compose<Token, void(boost::system::error_code)>(
        Operation<decltype(step), false>{*this, step}, token, tcp_);
  }

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    if (!engine_) return tcp_.async_read_some(buffers, std::forward<Token>(token));
    const auto step = [this, to = first_of<boost::asio::mutable_buffer>(buffers)](
                          boost::system::error_code& error) -> std::optional<std::size_t> {
      const std::size_t n = engine_->read(static_cast<char*>(to.data()), to.size(), error);
      return n > 0 || to.size() == 0 ? std::optional<std::size_t>(n) : std::nullopt;
    };
    return boost::asio::async_compose<Token, void(boost::system::error_code, std::size_t)>(
        Operation<decltype(step), true>{*this, step}, token, tcp_);
  }

  /// At most write_bytes, as records of 16 KiB that leave together.
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
  static Buffer first_of(const Buffers& buffers) {
    for (auto at = boost::asio::buffer_sequence_begin(buffers); at != boost::asio::buffer_sequence_end(buffers); ++at)
      if (Buffer(*at).size() > 0) return *at;
    return {};
  }

  // Lets the engine go a step; sends what it has to say; where it could not end its step for want of input, reads some.
  // A step is not taken again once it has given a result or an error.
  template <class Step, bool with_bytes>
  struct Operation {
    PeerStream& stream;
    Step step;
    enum { begins, reads, writes, ends } doing = begins;
    std::optional<std::size_t> result = std::nullopt;
    boost::system::error_code failure = {};

    template <class Self>
    void operator()(Self& self, boost::system::error_code error = {}, std::size_t bytes = 0) {
      if (doing == ends) return complete(self, failure);
      TlsEngine* const engine = stream.engine_.get();
      if (doing == reads) engine->came(bytes);
      if (doing == writes) engine->left(bytes);
      if (doing == reads && error == boost::asio::error::eof) {
        engine->came_end();
        error = {};
      }
      if (error) return complete(self, failure ? failure : error);
      if (!result && !failure) result = step(failure);
      if (failure) result.reset();
      if (engine != nullptr && engine->output().size() > 0) {
        begin_part(writes);
        return stream.tcp_.async_write_some(engine->output(), std::move(self));
      }
      if (!result && !failure) {
        begin_part(reads);
        return stream.tcp_.async_read_some(engine->input_space(), std::move(self));
      }
      if (doing != begins) return complete(self, failure);
      // Nothing was waited for: it must not complete inside its own beginning.
      doing = ends;
      boost::asio::post(stream.tcp_.get_executor(), std::move(self));
    }

    template <typename What>
    void begin_part(What what) {
      if (doing != begins && stream.stall_) stream.tcp_.expires_after(*stream.stall_);
      doing = what;
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
