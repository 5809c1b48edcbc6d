#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <vector>

#include "common/backup/backup_metadata.hpp"
#include "common/backup/backup_tool.hpp"
#include "common/backup/clone_protocol.hpp"
#include "common/base/error.hpp"
#include "common/base/pod.hpp"
#include "common/base/units.hpp"
#include "common/server/gtid.hpp"
#include "common/server/option_file.hpp"
#include "common/server/position.hpp"
#include "common/server/server_program.hpp"
#include "common/server/server_settings.hpp"
#include "common/volume/reclone_request.hpp"
#include "common/volume/set_evidence.hpp"
#include "common/volume/state_file.hpp"

using namespace mysql_agent;

namespace {

void must(bool good, const char* what) {
  if (good) return;
  std::fprintf(stderr, "broken promise: %s\n", what);
  std::abort();
}

void check_gtids(Flavour flavour, const std::string& text) {
  const GtidPosition position = GtidPosition::parse(flavour, text);
  const GtidPosition again = GtidPosition::parse(flavour, position.text());
  must(position == again, "a position reads back as itself");
  must(position.covers(again) && position.beyond(again).empty() && position.transactions_beyond(again) == 0,
       "a position covers itself");
}

void check_state(const std::string& text) {
  const AgentState state = parse_state(text);
  must(parse_state(state_text(state)) == state, "a state reads back as itself");
}

void check_pod(const std::string& text) {
  const Pod pod = parse_pod_name(text);
  must(pod.name == pod.set + "-" + std::to_string(pod.ordinal), "a pod's name is its set and its ordinal");
}

void check_donor(const std::string& text) {
  const DonorInfo info = parse_donor_info(text);
  must(parse_donor_info(donor_info_text(info)).pod == info.pod ||
           info.pod.find_first_of("\x80\xff") != std::string::npos,
       "a donor's answer reads back as itself");
}

// A quoted value stays one line, whatever it holds. No part of a password can begin another option.
void check_option_file(const std::string& text) {
  ServerLogin login;
  login.user = text;
  login.password = Secret(text);
  std::size_t lines = 0;
  for (const char c : tool_login_options(login, Flavour::mariadb)) lines += c == '\n' ? 1 : 0;
  must(lines == 6, "an option file has the lines that were meant");
}

void check_reclone_request(const std::string& text) {
  const RecloneRequest request = parse_reclone_request(text);
  must(parse_reclone_request(reclone_request_text(request)) == request, "a request reads back as itself");
}

void check_engine_options(const std::filesystem::path& directory) {
  for (const std::string& option : backup_engine_options(directory))
    must(option.starts_with("--innodb_") || option.starts_with("--redo_log_version="), "an option is one of InnoDB's");
}

// Calls a reader of a backup's directory. The text is the content of the file with this name.
template <typename Read>
void read_backup_file(const char* name, const std::string& text, const Read& read) {
  static const std::filesystem::path directory = [] {
    std::string made = (std::filesystem::temp_directory_path() / "mysql-agent-fuzz.XXXXXX").string();
    must(::mkdtemp(made.data()) != nullptr, "a directory is made");
    return made;
  }();
  const std::filesystem::path file = directory / name;
  std::ofstream(file, std::ios::binary) << text;
  try {
    read(directory);
  } catch (const Error&) {
    std::filesystem::remove(file);
    throw;
  }
  std::filesystem::remove(file);
}

// A parser for each kind of text that comes from outside. For a bad text a parser throws Error, and no other type.
const std::vector<std::function<void(const std::string&)>> parsers{
    [](const std::string& text) { parse_binlog_info(text); },
    [](const std::string& text) { parse_replica_info(text); },
    check_state,
    check_pod,
    [](const std::string& text) { check_gtids(Flavour::mariadb, text); },
    [](const std::string& text) { check_gtids(Flavour::mysql, text); },
    [](const std::string& text) { parse_server_version(text); },
    [](const std::string& text) { parse_tool_version(text); },
    [](const std::string& text) { parse_server_program_version(text); },
    check_donor,
    check_option_file,
    [](const std::string& text) { parse_duration(text); },
    [](const std::string& text) { parse_size(text); },
    check_reclone_request,
    [](const std::string& text) { parse_server_settings(text, text); },
    [](const std::string& text) { read_backup_file("backup-my.cnf", text, check_engine_options); },
    [](const std::string& text) { read_backup_file("xtrabackup_checkpoints", text, read_backup_checkpoints); },
    [](const std::string& text) { parse_set_evidence(text, "mysql-0"); },
};

}  // namespace

// The first byte chooses the parser; `a` is the first parser.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  try {
    parsers[(data[0] - 'a') % parsers.size()](text);
  } catch (const Error&) {
    // Most inputs are refused, as they should be.
  }
  return 0;
}
