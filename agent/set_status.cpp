#include "agent/set_status.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "agent/peer_survey.hpp"
#include "common/error.hpp"
#include "common/json_number.hpp"
#include "common/http_client.hpp"

namespace mysql_agent {
namespace {

constexpr std::chrono::milliseconds ask_timeout{2000};
constexpr std::array head{"pod", "role", "ready", "state", "lag", "cloned from", "position"};
using Line = std::array<std::string, head.size()>;

// It comes from another pod, and goes to a terminal.
std::string printable(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  return text;
}

std::string or_dash(const std::string& text) {
  return text.empty() ? "-" : printable(text);
}

Line line_of(const PodReport& report) {
  return {report.pod,
          or_dash(report.role),
          report.ready ? "yes" : "no",
          or_dash(report.state),
          report.lag_seconds ? std::to_string(*report.lag_seconds) + " s" : "-",
          or_dash(report.donor),
          or_dash(report.position)};
}

// null and what is missing are the same to us.
std::string text_of(const nlohmann::ordered_json& json, const char* name) {
  const auto at = json.find(name);
  return at == json.end() || at->is_null() ? std::string() : at->get<std::string>();
}

PodReport ask(const SetStatusOptions& options, std::uint32_t ordinal) {
  const std::string pod = options.set.pod_name(ordinal);
  const std::string host = options.set.host(ordinal);
  PodReport silent;
  try {
    const HttpAnswer answer = http_get(host, options.http_port, "/status", ask_timeout, nullptr);
    if (answer.status != 200) throw failed("it answered with HTTP status " + std::to_string(answer.status), "");
    PodReport report = read_pod_report(pod, answer.body);
    report.ordinal = ordinal;
    return report;
  } catch (const ConnectError& error) {
    silent.exists = !says_absent(error, host);
    silent.reason = silent.exists ? std::string("its sidecar does not answer: ") + error.what() : "there is no such pod: " + std::string(error.what());
  } catch (const Error& error) {
    silent.reason = std::string("its sidecar does not answer: ") + error.what();
  }
  silent.ordinal = ordinal;
  silent.pod = pod;
  return silent;
}

}  // namespace

PodReport read_pod_report(const std::string& pod, const std::string& text) try {
  const auto json = nlohmann::ordered_json::parse(text);
  PodReport report;
  report.pod = json.at("pod").get<std::string>();
  if (report.pod != pod) throw failed("it says that it is the pod " + printable(report.pod) + ", expected " + pod, "check --peer-host");
  report.json = text;
  report.ready = json.at("ready").get<bool>();
  report.reason = text_of(json, "reason");
  report.role = text_of(json, "role");
  report.state = text_of(json, "state");
  report.donor = text_of(json, "donor");
  report.position = text_of(json, "position");
  const auto replication = json.find("replication");
  if (replication != json.end() && replication->is_object() && replication->contains("lag_seconds") && !replication->at("lag_seconds").is_null())
    report.lag_seconds = whole_number<std::uint64_t>(replication->at("lag_seconds"));
  return report;
} catch (const Error&) {
  throw;
} catch (const std::exception& error) {
  throw failed("its answer is not that of a sidecar: " + printable(error.what()), "check what listens there");
}

std::vector<PodReport> without_absent(std::vector<PodReport> reports, std::uint32_t own) {
  while (!reports.empty() && !reports.back().exists && reports.back().ordinal > own) reports.pop_back();
  return reports;
}

std::string set_table(const std::vector<PodReport>& reports) {
  std::vector<Line> lines{Line()};
  std::copy(head.begin(), head.end(), lines.front().begin());
  for (const PodReport& report : reports) lines.push_back(line_of(report));
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
    if (row > 0 && !reports[row - 1].ready) out += std::string(widths[0] + 2, ' ') + printable(reports[row - 1].reason) + "\n";
  }
  return out;
}

std::string set_json(const std::vector<PodReport>& reports) {
  auto all = nlohmann::ordered_json::array();
  for (const PodReport& report : reports) {
    if (!report.json.empty()) {
      all.push_back(nlohmann::ordered_json::parse(report.json));
      continue;
    }
    nlohmann::ordered_json one{{"pod", report.pod}, {"role", nullptr}, {"ready", false}, {"reason", report.reason}};
    for (const char* name : {"state", "donor", "server", "position", "replication"}) one[name] = nullptr;
    all.push_back(one);
  }
  return all.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

bool print_set_status(const SetStatusOptions& options) {
  const std::uint32_t own = options.set.pod.ordinal;
  std::vector<PodReport> reports;
  for (const std::uint32_t ordinal : options.set.ordinals(options.peers_above)) reports.push_back(ask(options, ordinal));
  reports = without_absent(std::move(reports), own);
  const std::string text = options.output == OutputFormat::json ? set_json(reports) : set_table(reports);
  std::fputs(text.c_str(), stdout);
  return std::all_of(reports.begin(), reports.end(), [](const PodReport& report) { return report.ready; });
}

}  // namespace mysql_agent
