#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "agent/cli/command_line.hpp"
#include "agent/cli/flags.hpp"
#include "agent/clone/agreement.hpp"
#include "agent/clone/server_directories.hpp"
#include "agent/clone/staging_server.hpp"
#include "agent/operate/error_help.hpp"
#include "agent/pod/metrics.hpp"
#include "agent/pod/probes.hpp"
#include "common/backup/clone_protocol.hpp"
#include "common/base/error.hpp"
#include "common/server/option_file.hpp"
#include "common/volume/data_dir.hpp"

using namespace mysql_agent;

namespace {

using Cells = std::vector<std::string>;
using Rows = std::vector<Cells>;
using Words = std::set<std::string>;

const std::filesystem::path repository = REPOSITORY;
const Words documents{
    "README.md",          "CONTRIBUTING.md",   "NOTICE.md",        "manifests/README.md", "docs/architecture.md",
    "docs/containers.md", "docs/customize.md", "docs/engines.md",  "docs/limits.md",      "docs/pod.md",
    "docs/promises.md",   "CHANGELOG.md",      "SECURITY.md",      "docs/decisions.md",   "docs/failures.md",
    "docs/operations.md", "docs/reference.md", "docs/security.md", "docs/upgrade.md"};

std::string read(const std::string& path) {
  std::ifstream file(repository / path);
  REQUIRE(file.good());
  return {std::istreambuf_iterator<char>(file), {}};
}

// A cell without its code marks is the text that the program has.
Cells cells_of(const std::string& line) {
  Cells cells;
  std::string cell;
  for (const char c : line.substr(1)) {
    if (c == '`') continue;
    if (c != '|') {
      cell += c;
      continue;
    }
    const std::size_t first = cell.find_first_not_of(' ');
    cells.push_back(first == std::string::npos ? "" : cell.substr(first, cell.find_last_not_of(' ') - first + 1));
    cell.clear();
  }
  return cells;
}

// The rows of the table with this head. Only one table in the documents has it.
Rows table(const Cells& head) {
  Rows rows;
  int found = 0;
  for (const std::string& document : documents) {
    std::istringstream text(read(document));
    bool inside = false;
    for (std::string line; std::getline(text, line);) {
      if (!line.starts_with('|')) inside = false;
      else if (inside) rows.push_back(cells_of(line));
      else if (cells_of(line) == head) {
        inside = true;
        ++found;
        std::getline(text, line);  // |---|---|
      }
    }
  }
  INFO("the table " << Catch::Detail::stringify(head));
  REQUIRE(found == 1);
  return rows;
}

Words column(const Rows& rows, std::size_t index) {
  Words out;
  for (const Cells& row : rows) {
    REQUIRE(row.size() > index);
    const bool fresh = out.insert(row[index]).second;
    INFO(row[index]);
    CHECK(fresh);
  }
  return out;
}

Words matches(const std::string& text, const char* pattern) {
  const std::regex regex(pattern);
  Words out;
  for (std::sregex_iterator at(text.begin(), text.end(), regex), end; at != end; ++at) out.insert((*at)[1]);
  return out;
}

Words flags_of_the_parser() {
  Words out;
  for (const FlagDescription& flag : describe_flags()) out.insert(flag.flag);
  return out;
}

// The switches have no default, so that an enumerator which is missing here does not compile.
const char* name_of(ExitCode code) {
  switch (code) {
    case ExitCode::done: return "done";
    case ExitCode::failed: return "failed";
    case ExitCode::usage: return "usage";
    case ExitCode::refused: return "refused";
  }
  return "";
}

Words state_names() {
  Words out;
  for (const DataState state : all_states) out.insert(state_name(state));
  return out;
}

PodSet set_of(const std::string& pod) {
  PodSet set;
  set.pod = parse_pod_name(pod);
  return set;
}

// The documents have a placeholder for the pod's own name.
Words options_written_for(const std::string& pod) {
  const PodSet set = set_of(pod);
  std::string text = "\n" + agent_options(set);
  text.replace(text.find(set.own_host()), set.own_host().size(), "<own host>");
  return matches(text, "\n(?=([a-z][^\n]*))");
}

unsigned probe_status(const std::string& path) {
  PodView view;
  view.pod = set_of("mysql-0").pod;
  HttpRequest request;
  request.path = path;
  return static_cast<unsigned>(answer_probe(request, {&view, {}, false}, {}).status);
}

}  // namespace

TEST_CASE("the flags table of the documents is what the parser knows") {
  Rows parser;
  for (const FlagDescription& flag : describe_flags())
    parser.push_back({flag.flag, flag.subcommands, flag.default_text, flag.help});
  const Rows documented = table({"flag", "subcommands", "default", "meaning"});
  for (const Cells& row : parser) {
    INFO("of the parser, not so in the documents: " << Catch::Detail::stringify(row));
    CHECK(std::count(documented.begin(), documented.end(), row) == 1);
  }
  for (const Cells& row : documented) {
    INFO("of the documents, not so in the parser: " << Catch::Detail::stringify(row));
    CHECK(std::count(parser.begin(), parser.end(), row) == 1);
  }
}

TEST_CASE("the options that the agent carries over, refuses or makes directories for are in the documents") {
  const auto listed = [](const std::string& what) {
    for (const Cells& row : table({"what the agent does with them", "options"})) {
      if (row.at(0) != what) continue;
      Words words;
      std::istringstream options(row.at(1));
      for (std::string option; std::getline(options >> std::ws, option, ',');) words.insert(option);
      return words;
    }
    return Words();
  };
  const auto words = [](const std::vector<std::string>& names) { return Words(names.begin(), names.end()); };
  CHECK(listed("MySQL: servers on staging get them too") == words(carried_options()));
  CHECK(listed("refused where they name another place than the data directory") == words(options_with_places()));
  CHECK(listed("the directories in the data directory that they name are made") == words(options_with_directories()));
}

TEST_CASE("the exit codes table of the documents is the ExitCode enum") {
  Rows codes;
  for (const ExitCode code : {ExitCode::done, ExitCode::failed, ExitCode::usage, ExitCode::refused})
    codes.push_back({std::to_string(static_cast<int>(code)), name_of(code)});
  Rows documented = table({"code", "name", "meaning"});
  for (Cells& row : documented) row.resize(2);
  CHECK(documented == codes);
}

TEST_CASE("the states table of the documents has every state and no other") {
  CHECK(column(table({"state", "means", "next start of clone-mysql"}), 0) == state_names());
}

TEST_CASE("the server options table of the documents is what init-mysql writes") {
  const Rows rows = table({"option", "pods", "why"});
  CHECK(column(rows, 0) == options_written_for("mysql-1"));
  Words of_all;
  for (const Cells& row : rows) {
    CHECK((row[1] == "all" || row[1] == "replicas"));
    if (row[1] == "all") of_all.insert(row[0]);
  }
  CHECK(of_all == options_written_for("mysql-0"));
}

TEST_CASE("the files table of the documents names the files that the code names") {
  const DataDir dir{"<data-dir>"};
  Words files{dir.state_file().string(),      dir.staging().string() + "/",   dir.run().string() + "/",
              dir.reclone_request().string(), dir.reclone_taken().string(),   dir.copy_state_file().string(),
              dir.set_aside().string() + "/", dir.discarded().string() + "/", dir.set_evidence().string(),
              dir.release_request().string(), dir.pause_request().string(),   "/dev/termination-log"};
  for (const char* name : {option_files::agent, option_files::primary, option_files::replica, option_files::server_id})
    files.insert(std::string("<conf-dir>/") + name);
  CHECK(column(table({"file", "written by", "holds"}), 0) == files);
}

TEST_CASE("the ports table of the documents has the default ports and the paths that are served") {
  Words defaults;
  for (const FlagDescription& flag : describe_flags())
    if (flag.flag == "--clone-port" || flag.flag == "--http-listen")
      defaults.insert(flag.default_text.substr(flag.default_text.find(':') + 1));
  Words ports;
  Words paths;
  for (const Cells& row : table({"port", "path", "answer"})) {
    REQUIRE(row.size() == 3);
    ports.insert(row[0]);
    paths.insert(row[1]);
    const bool clone = row[1] == clone_protocol::donor_path || row[1] == clone_protocol::clone_path;
    INFO(row[1]);
    CHECK((clone || probe_status(row[1]) != 404));
  }
  CHECK(ports == defaults);
  CHECK(paths == Words{clone_protocol::donor_path, clone_protocol::clone_path, "/livez", "/startupz", "/readyz",
                       "/status", "/metrics"});
}

TEST_CASE("the metrics table of the documents is what /metrics describes") {
  Rows metrics;
  for (const MetricDescription& metric : describe_metrics())
    metrics.push_back({metric.name, metric.type, metric.labels, metric.help});
  const Rows documented = table({"metric", "type", "labels", "meaning"});
  for (const Cells& row : metrics) {
    INFO("of the code, not so in the documents: " << Catch::Detail::stringify(row));
    CHECK(std::count(documented.begin(), documented.end(), row) == 1);
  }
  CHECK(documented.size() == metrics.size());
}

TEST_CASE("each metric that the alert rules and the dashboard name is one of the agent's") {
  Words known;
  for (const MetricDescription& metric : describe_metrics()) known.insert(metric.name);
  for (const char* file : {"mysql-agent.rules.yaml", "mysql-agent.rules-test.yaml", "mysql-agent.dashboard.json"}) {
    const std::string text = read(std::string("manifests/monitoring/") + file);
    const Words named = matches(text, "(mysql_agent_[a-z_]+)");
    CHECK(named.size() >= 8);
    for (const std::string& name : named) {
      INFO(file << " names " << name);
      CHECK(known.count(name) == 1);
    }
  }
  const auto dashboard = nlohmann::json::parse(read("manifests/monitoring/mysql-agent.dashboard.json"));
  CHECK(dashboard.at("panels").size() > 4);
}

// The anchor that GitHub makes of a heading.
std::string anchor_of(const std::string& heading) {
  std::string out;
  for (const char c : heading) {
    if (std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_')
      out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    else if (c == ' ') out += '-';
  }
  return out;
}

TEST_CASE("each link of the documents leads to a file that exists, and to a heading in it") {
  int links = 0;
  for (const std::string& document : documents)
    for (const std::string& link : matches(read(document), "\\]\\(([A-Za-z0-9_./#-]+)\\)")) {
      INFO(document << " links to " << link);
      const std::string file = link.substr(0, link.find('#'));
      const auto path = file.empty() ? repository / document : (repository / document).parent_path() / file;
      REQUIRE(std::filesystem::exists(path));
      ++links;
      if (link.find('#') == std::string::npos) continue;
      Words anchors;
      for (const std::string& heading :
           matches(read(std::filesystem::relative(path, repository)), "(?:^|\\n)#+ ([^\\n]+)"))
        anchors.insert(anchor_of(heading));
      CHECK(anchors.count(link.substr(link.find('#') + 1)) == 1);
    }
  CHECK(links > 20);
}

TEST_CASE("each script that the documents name exists") {
  for (const std::string& document : documents)
    for (const std::string& script : matches(read(document), "(scripts/[a-z0-9_-]+)")) {
      INFO(document << " names " << script);
      CHECK(std::filesystem::exists(repository / script));
    }
}

TEST_CASE("each flag and variable named in the documents and in the demo is known") {
  Words flags = flags_of_the_parser();
  // Flags of every command line, of the scripts, and of other tools.
  flags.insert({"--help", "--version", "--keep", "--server", "--servers"});
  flags.insert({"--cascade", "--defaults-file", "--prepare", "--target-dir", "--max-time", "--user", "--from-literal",
                "--cacert", "--cert", "--key"});
  flags.insert({"--build-arg", "--cap-drop", "--entrypoint", "--env", "--env-file", "--name", "--network",
                "--network-alias", "--read-only", "--rm", "--socket", "--target",
                "--tmpfs"});  // flags of docker, and of the server in a container
  flags.insert(
      {"--cascade", "--from-file", "--previous", "--replicas", "--value", "--wait", "--watch"});  // flags of kubectl
  Words variables{"MYSQL_AGENT_BUILD_ROOT", "MYSQL_AGENT_CACHE", "MYSQL_AGENT_TEST_CRASH_AT"};
  for (const FlagDescription& flag : describe_flags()) variables.insert(flag.variable);
  Words texts = documents;
  texts.insert("scripts/demo");
  for (const char* of_developers : {"CONTRIBUTING.md", "NOTICE.md", "manifests/README.md"}) texts.erase(of_developers);
  for (const std::string& document : texts) {
    const std::string text = read(document);
    for (const std::string& flag : matches(text, "(?:^|[^a-z0-9-])(--[a-z][a-z0-9-]*)")) {
      INFO(document << " names " << flag);
      CHECK(flags.count(flag) == 1);
    }
    for (const std::string& variable : matches(text, "(MYSQL_AGENT_[A-Z_]*[A-Z])")) {
      INFO(document << " names " << variable);
      CHECK(variables.count(variable) == 1);
    }
  }
}

TEST_CASE("each crash point in the code, and each state that is written, has a test that kills the process there") {
  Words points;
  for (const char* folder : {"agent", "common"})
    for (const auto& entry : std::filesystem::recursive_directory_iterator(repository / folder))
      if (entry.is_regular_file())
        for (const std::string& name :
             matches(read(std::filesystem::relative(entry.path(), repository)), "crash_point\\(\"([a-z_.]+)\"\\)"))
          points.insert(name);
  // After each state is written comes the crash point `state.<its name>`.
  for (const std::string& name : state_names()) points.insert("state." + name);
  CHECK(points.size() > 20);
  std::string tests;
  for (const auto& entry : std::filesystem::directory_iterator(repository / "tests/integration"))
    if (entry.path().extension() == ".cpp") tests += read("tests/integration/" + entry.path().filename().string());
  const std::string contributing = read("CONTRIBUTING.md");
  for (const std::string& point : points) {
    INFO(point);
    CHECK(tests.find('"' + point + '"') != std::string::npos);
    const std::string last = point.substr(point.find('.'));
    CHECK((point.starts_with("state.") || contributing.find('`' + point + '`') != std::string::npos ||
           contributing.find('`' + last + '`') != std::string::npos));
  }
}

TEST_CASE("no text of the program tells a person to delete or to empty a volume") {
  int files = 0;
  for (const char* folder : {"agent", "common"})
    for (const auto& entry : std::filesystem::recursive_directory_iterator(repository / folder)) {
      if (entry.path().extension() != ".cpp") continue;
      ++files;
      const std::string source = read(std::filesystem::relative(entry.path(), repository));
      // A text goes on in the next line.
      const std::string text = std::regex_replace(source, std::regex("\"\\s*\\n\\s*\""), "");
      for (const char* pattern : {"\"[^\"\\n]*((?:delete|remove|wipe)[^\"\\n.;]*(?:volume|Claim|PVC)s?\\b)[^\"\\n]*\"",
                                  "\"[^\"\\n]*(empty volume)[^\"\\n]*\"", "\"[^\"\\n]*(PersistentVolumeClaim)"})
        for (const std::string& advice : matches(text, pattern)) {
          INFO(entry.path() << " says: " << advice);
          CHECK(advice.empty());
        }
    }
  CHECK(files > 50);
}

TEST_CASE("README.md is short, and its lines are narrow") {
  std::istringstream text(read("README.md"));
  for (std::string line; std::getline(text, line);) {
    INFO(line);
    CHECK(line.size() < 100);
  }
  std::istringstream again(read("README.md"));
  CHECK(std::distance(std::istream_iterator<std::string>(again), {}) < 1200);
}

TEST_CASE("each promise of the documents links to tests that exist") {
  int rows = 0;
  for (const Cells& row : table({"", "promise", "shown by"})) {
    INFO(row[0]);
    const Words links = matches(row[2], "\\]\\(([a-z_/.]+)\\)");
    CHECK_FALSE(links.empty());
    for (const std::string& link : links) {
      INFO(link);
      CHECK(std::filesystem::exists(repository / "docs" / link));
    }
    ++rows;
  }
  CHECK(rows == 18);
}

TEST_CASE("docs/failures.md has the doctor's table of errors") {
  Rows wanted;
  for (const ErrorHelp& help : error_helps()) {
    std::string numbers;
    for (const int number : help.numbers) numbers += (numbers.empty() ? "" : ", ") + std::to_string(number);
    wanted.push_back({numbers, help.meaning, help.next});
  }
  CHECK(table({"error", "it means", "next step"}) == wanted);
}
