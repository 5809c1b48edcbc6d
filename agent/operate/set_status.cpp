#include "agent/operate/set_status.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "agent/pod/peer_survey.hpp"
#include "common/base/error.hpp"
#include "common/base/json.hpp"
#include "common/net/http_client.hpp"

namespace mysql_agent {
namespace {

constexpr std::array head{"pod", "role", "ready", "state", "lag", "cloned from", "position"};
using Line = std::array<std::string, head.size()>;

std::string or_dash(const std::string& text) {
  return text.empty() ? "-" : printable(text);
}

Line line_of(const StatusReport& said) {
  return {said.pod,
          or_dash(said.role),
          said.ready ? "yes" : "no",
          or_dash(said.state),
          said.lag_seconds ? std::to_string(*said.lag_seconds) + " s" : "-",
          or_dash(said.donor),
          or_dash(said.position)};
}

PodReport ask(const SetStatusOptions& options, std::uint32_t ordinal) {
  const std::string host = options.set.host(ordinal);
  PodReport report;
  report.ordinal = ordinal;
  const std::string pod = options.set.pod_name(ordinal);
  try {
    report.said = ask_status(pod, host, options.http_port);
    return report;
  } catch (const ConnectError& error) {
    report.exists = !says_absent(error, host);
    report.said.reason =
        (report.exists ? "its sidecar does not answer: " : "there is no such pod: ") + std::string(error.what());
  } catch (const Error& error) {
    report.said.reason = std::string("its sidecar does not answer: ") + error.what();
  }
  report.said.pod = pod;
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
  for (const PodReport& report : reports) lines.push_back(line_of(report.said));
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
    if (row > 0 && reports[row - 1].said.reason != "ok")
      out += std::string(widths[0] + 2, ' ') + printable(reports[row - 1].said.reason) + "\n";
  }
  return out;
}

std::string set_json(const std::vector<PodReport>& reports) {
  auto all = Json::array();
  for (const PodReport& report : reports) {
    if (!report.said.json.empty()) {
      all.push_back(parse_json(report.said.json));
      continue;
    }
    Json one{{"pod", report.said.pod}, {"role", nullptr}, {"ready", false}, {"reason", report.said.reason}};
    for (const char* name : {"state", "donor", "server", "position", "replication"}) one[name] = nullptr;
    all.push_back(one);
  }
  return json_text(all, 2) + "\n";
}

bool print_set_status(const SetStatusOptions& options) {
  const std::uint32_t own = options.set.pod.ordinal;
  std::vector<PodReport> reports;
  for (const std::uint32_t ordinal : options.set.ordinals(options.peers_above))
    reports.push_back(ask(options, ordinal));
  for (std::uint64_t next = reports.back().ordinal + std::uint64_t{1};
       !reports.back().said.json.empty() && next <= 0xffffffffU; ++next)
    reports.push_back(ask(options, static_cast<std::uint32_t>(next)));
  reports = without_absent(std::move(reports), own);
  const std::string text = options.output == OutputFormat::json ? set_json(reports) : set_table(reports);
  std::fputs(text.c_str(), stdout);
  return std::all_of(reports.begin(), reports.end(), [](const PodReport& report) { return report.said.ready; });
}

}  // namespace mysql_agent
