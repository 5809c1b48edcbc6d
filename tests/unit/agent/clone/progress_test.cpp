#include "agent/clone/progress.hpp"

#include <catch2/catch.hpp>

#include "tests/support/captured.hpp"

using namespace mysql_agent;
using namespace std::chrono_literals;

TEST_CASE("progress tells size, share, rate and the time that is left") {
  CHECK(progress_text(1'200'000'000, 3'100'000'000, 3000ms) == "1.2 GB of about 3.1 GB (38%), 400.0 MB/s, 4s left");
  CHECK(progress_text(500, 1000, 1000ms) == "500 B of about 1.0 kB (50%), 500 B/s, 1s left");
}

TEST_CASE("progress without an estimate tells what it knows") {
  CHECK(progress_text(1000, 0, 1000ms) == "1.0 kB, 1.0 kB/s");
}

TEST_CASE("a stream that outgrows the estimate stays at all of it") {
  CHECK(progress_text(4000, 3000, 1000ms) == "4.0 kB of about 3.0 kB (100%), 4.0 kB/s");
  CHECK(progress_text(3000, 3000, 1000ms) == "3.0 kB of about 3.0 kB (100%), 3.0 kB/s");
}

TEST_CASE("the first moment of a transfer has no rate") {
  CHECK(progress_text(0, 3000, 0ms) == "0 B of about 3.0 kB (0%)");
  CHECK(progress_text(0, 3000, 1000ms) == "0 B of about 3.0 kB (0%), 0 B/s");
}

TEST_CASE("a line of the log has the progress as fields too") {
  const test::Captured error(STDERR_FILENO);
  log_progress(750, 3000, 1000ms);
  log_progress(1000, 0, 1000ms);
  const std::string text = error.text();
  CHECK_THAT(text, Catch::Contains(
                       "received 750 B of about 3.0 kB (25%), 750 B/s, 3s left bytes=750 total=3000 percent=25\n"));
  CHECK_THAT(text, Catch::Contains("received 1.0 kB, 1.0 kB/s bytes=1000\n"));
}

TEST_CASE("a reporter ends at once, and says nothing of a short transfer") {
  const test::Captured error(STDERR_FILENO);
  ReceiveProgress progress;
  const auto begin = std::chrono::steady_clock::now();
  { const ProgressReporter reporter(progress, 100); }
  CHECK(std::chrono::steady_clock::now() - begin < 5s);
  CHECK(error.text().empty());
}
