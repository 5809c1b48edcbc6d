#include "agent/operate/pause.hpp"

#include <ctime>
#include <functional>
#include <thread>

#include "agent/pod/status_report.hpp"
#include "common/base/component.hpp"
#include "common/base/error.hpp"
#include "common/base/log.hpp"
#include "common/base/units.hpp"
#include "common/net/http_client.hpp"

namespace mysql_agent {
namespace {

// A statement of the sidecar may take 30 s.
constexpr std::chrono::seconds longest_look{40};
constexpr std::chrono::milliseconds ask_every{200};

// The look that runs may still act. False: no sidecar answers.
bool wait_for_sidecar(const PauseOptions& options, const char* what,
                      const std::function<bool(const StatusReport&)>& agrees) {
  const auto deadline = std::chrono::steady_clock::now() + longest_look;
  for (;;) {
    try {
      const StatusReport report = ask_status(options.set.pod.name, options.http_host, options.http_port);
      if (!report.clone_activity.empty()) return false;
      if (agrees(report)) return true;
    } catch (const ConnectError&) {
      return false;
    } catch (const Error&) {
      // It may be about to end, or to start.
    }
    if (std::chrono::steady_clock::now() >= deadline)
      throw failed(std::string("the sidecar has not said within ") + duration_text(longest_look) + " that " + what +
                       "; it may still be at its look before",
                   "see mysql-agent status, and the log of the sidecar");
    std::this_thread::sleep_for(ask_every);
  }
}

void say_no_sidecar(bool answers) {
  if (!answers)
    log_event(LogLevel::warning, component::pause, "found no sidecar that answers: it goes by this when it starts");
}

}  // namespace

void pause(const PauseOptions& options) {
  check_is_there(options.dir);
  PauseRequest request{.pod = options.set.pod.name, .asked = utc_now("%Y-%m-%dT%H:%M:%SZ"), .until = std::nullopt};
  if (options.duration)
    request.until = std::time(nullptr) + std::chrono::ceil<std::chrono::seconds>(*options.duration).count();
  write_pause_request(options.dir, request);
  const bool answers = wait_for_sidecar(
      options, "it is paused", [&](const StatusReport& report) { return report.paused == std::optional(request); });
  say_no_sidecar(answers);
  log_event(LogLevel::info, component::pause, "paused the sidecar of this pod",
            {{"until", request.until ? utc_text(*request.until, "%Y-%m-%dT%H:%M:%SZ") : "mysql-agent resume"},
             {"data_dir", options.dir.root.string()}});
}

void resume(const PauseOptions& options) {
  check_is_there(options.dir);
  const bool was = withdraw_pause_request(options.dir);
  if (!was) {
    log_event(LogLevel::info, component::pause, "changed nothing", {{"reason", "this pod is not paused"}});
    return;
  }
  const bool answers =
      wait_for_sidecar(options, "it goes on", [](const StatusReport& report) { return !report.paused; });
  say_no_sidecar(answers);
  log_event(LogLevel::info, component::pause, "ended the pause of this pod", {{"data_dir", options.dir.root.string()}});
}

}  // namespace mysql_agent
