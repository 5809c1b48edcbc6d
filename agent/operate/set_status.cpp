#include "agent/operate/set_status.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "agent/pod/peer_survey.hpp"
#include "common/base/error.hpp"
#include "common/base/json.hpp"
#include "common/base/units.hpp"
#include "common/net/http_client.hpp"
#include "common/net/search_list.hpp"

namespace mysql_agent {
namespace {

constexpr std::array head{"pod", "role", "ready", "state", "lag", "age", "server", "agent", "cloned from", "position"};
using Line = std::array<std::string, head.size()>;

std::string or_dash(const std::string& text) {
  return text.empty() ? "-" : printable(text);
}

Line line_of(const StatusReport& status) {
  return {status.pod,
          or_dash(status.role),
          status.ready ? "yes" : "no",
          or_dash(status.state),
          status.lag_seconds ? std::to_string(*status.lag_seconds) + " s" : "-",
          status.look_age_ms ? duration_text(std::chrono::milliseconds(*status.look_age_ms)) : "-",
          or_dash(status.server),
          or_dash(status.agent),
          or_dash(status.donor),
          or_dash(status.position)};
}

PodReport ask(const SetStatusOptions& options, std::uint32_t ordinal, const std::string& domain) {
  const std::string host = options.set.host(ordinal);
  PodReport report;
  report.ordinal = ordinal;
  const std::string pod = options.set.pod_name(ordinal);
  try {
    report.status = ask_status(pod, host, options.http_port, full_name(host, domain));
    return report;
  } catch (const ConnectError& error) {
    report.exists = !says_absent(error, host);
    report.status.reason =
        (report.exists ? "its sidecar does not answer: " : "there is no such pod: ") + std::string(error.what());
  } catch (const Error& error) {
    report.status.reason = std::string("its sidecar does not answer: ") + error.what();
  }
  report.status.pod = pod;
  return report;
}

}  // namespace

std::vector<PodReport> without_absent(std::vector<PodReport> reports, std::uint32_t own) {
  while (!reports.empty() && !reports.back().exists && reports.back().ordinal > own) reports.pop_back();
  return reports;
}

std::string set_table(const std::vector<PodReport>& reports) {
  std::vector<Line> lines{Line()};
  std::copy(head.begin(), head.end(), lines.front().begin());
  for (const PodReport& report : reports) lines.push_back(line_of(report.status));
  std::array<std::size_t, head.size()> widths{};
  for (const Line& line : lines)
    for (std::size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], line[i].size());
  std::string out;
  for (std::size_t row = 0; row < lines.size(); ++row) {
    for (std::size_t i = 0; i < head.size(); ++i) {
      std::string cell = lines[row][i];
      if (i + 1 < head.size()) cell.resize(widths[i] + 2, ' ');
      out += cell;
    }
    out += "\n";
    // A replica may be ready while its source is away, and any pod while it is paused. Then its reason says so.
    if (row == 0) continue;
    const StatusReport& status = reports[row - 1].status;
    if (!status.ready || status.goes_on_without_source() || status.paused)
      out += std::string(widths[0] + 2, ' ') + printable(status.reason) + "\n";
  }
  return out;
}

std::string set_json(const std::vector<PodReport>& reports) {
  auto all = Json::array();
  for (const PodReport& report : reports) {
    if (!report.status.json.empty()) {
      all.push_back(parse_json(report.status.json));
      continue;
    }
    Json silent{{"pod", report.status.pod}, {"role", nullptr}, {"ready", false}, {"reason", report.status.reason}};
    for (const char* name : {"state", "donor", "server", "position", "replication"}) silent[name] = nullptr;
    all.push_back(silent);
  }
  return json_text(all, 2) + "\n";
}

bool print_set_status(const SetStatusOptions& options) {
  const std::uint32_t own = options.set.pod.ordinal;
  std::vector<PodReport> reports;
  const std::string domain = domain_of(options.set.own_host());
  for (const std::uint32_t ordinal : options.set.ordinals(options.peers_above))
    reports.push_back(ask(options, ordinal, domain));
  for (std::uint64_t next = reports.back().ordinal + std::uint64_t{1};
       !reports.back().status.json.empty() && next <= 0xffffffffU; ++next)
    reports.push_back(ask(options, static_cast<std::uint32_t>(next), domain));
  reports = without_absent(std::move(reports), own);
  const std::string text = options.output == OutputFormat::json ? set_json(reports) : set_table(reports);
  std::fputs(text.c_str(), stdout);
  return std::all_of(reports.begin(), reports.end(), [](const PodReport& report) { return report.status.ready; });
}

}  // namespace mysql_agent
