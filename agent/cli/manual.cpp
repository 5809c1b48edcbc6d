#include "agent/cli/manual.hpp"

#include <boost/algorithm/string/replace.hpp>

#include "agent/cli/flags.hpp"
#include "agent/cli/subcommands.hpp"
#include "common/base/version.hpp"

namespace mysql_agent {
namespace {

// A backslash and a dash have a meaning in roff everywhere, a dot and a quote at the beginning of a line.
std::string roff(std::string text) {
  boost::replace_all(text, "\\", "\\e");
  boost::replace_all(text, "-", "\\-");
  boost::replace_all(text, "'", "\\(aq");
  return text.starts_with('.') ? "\\&" + text : text;
}

std::string paragraph(const std::string& head, const std::string& text) {
  return ".TP\n.B " + roff(head) + "\n" + roff(text) + "\n";
}

std::string subcommands_part() {
  std::string out = ".SH SUBCOMMANDS\n";
  const char* heading = "";
  for (const Subcommand& each : subcommands()) {
    if (purpose_text(each.purpose) != std::string(heading))
      out += std::string(".SS ") + (heading = purpose_text(each.purpose)) + "\n";
    out += paragraph(each.name, each.help);
  }
  return out;
}

std::string flags_part() {
  std::string out =
      ".SH OPTIONS\nAn option counts before its environment variable, and the variable before the default.\n"
      "Each option names its variable, its subcommands and its default.\n";
  std::string heading;
  for (const FlagDescription& flag : describe_flags()) {
    if (flag.group != heading) out += ".SS " + roff(heading = flag.group) + "\n";
    out += paragraph(flag.flag, flag.help + ".");
    out += ".RS\n.PP\n" + roff(flag.variable + "; " + flag.subcommands + "; default: " + flag.default_text) + "\n.RE\n";
  }
  return out;
}

}  // namespace

std::string manual_page() {
  return ".TH MYSQL\\-AGENT 1 \"\" \"mysql\\-agent " + roff(agent_version()) +
         "\" \"User Commands\"\n"
         ".SH NAME\nmysql\\-agent \\- gives a StatefulSet of MySQL or MariaDB its roles, its clones and its "
         "replication\n"
         ".SH SYNOPSIS\n.B mysql\\-agent\n.I subcommand\n[\\fIoption\\fR ...]\n" +
         subcommands_part() + flags_part() + ".SH EXIT STATUS\n" +
         paragraph("0",
                   "Done. Of status: the pod is ready, with --all: all are. Of doctor: nothing stands in its way.") +
         paragraph("1", "It failed, and another try may help. Of status and doctor: the pod is not ready.") +
         paragraph("2", "A flag, a mount or another part of the configuration is wrong.") +
         paragraph("3", "To go on could lose data: a person must decide.") + ".SH ENVIRONMENT\n" +
         paragraph("POD_NAME", "The pod's name, where --pod-name does not say it.") +
         ".SH SEE ALSO\n.BR mysqld (8),\n.BR mariadbd (8),\n.BR kubectl (1)\n";
}

}  // namespace mysql_agent
