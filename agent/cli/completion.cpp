#include "agent/cli/completion.hpp"

#include <boost/algorithm/string/join.hpp>
#include <boost/algorithm/string/replace.hpp>

#include "agent/cli/flags.hpp"
#include "agent/cli/subcommands.hpp"

namespace mysql_agent {
namespace {

using Words = std::vector<std::string>;

// What follows a subcommand, beside its flags.
Words operands_of(const std::string& subcommand) {
  return subcommand == "completion" ? completion_shells() : Words();
}

bool takes_directory(const std::string& subcommand) {
  return subcommand == "install";
}

std::string shell_quoted(const std::string& text) {
  return "'" + boost::replace_all_copy(text, "'", "'\\''") + "'";
}

std::string bash_script() {
  Words subcommand_words;
  std::string cases;
  for (const Subcommand& each : subcommands()) {
    subcommand_words.emplace_back(each.name);
    Words words = operands_of(each.name);
    for (const FlagDescription& flag : describe_flags_of(each.name)) words.push_back(flag.flag);
    words.emplace_back("--help");
    cases += std::string("    ") + each.name + ") words=" + shell_quoted(boost::join(words, " ")) + " ;;\n";
  }
  std::string values;
  Words others;
  for (const FlagDescription& flag : describe_flags()) {
    if (flag.is_switch) continue;
    if (flag.words.empty()) others.push_back(flag.flag);
    else
      values += "    " + flag.flag + ") mapfile -t COMPREPLY < <(compgen -W " +
                shell_quoted(boost::join(flag.words, " ")) + " -- \"$word\"); return ;;\n";
  }
  return "# Completion of mysql-agent for bash: source <(mysql-agent completion bash)\n"
         "_mysql_agent() {\n"
         "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} subcommand= words= i\n"
         "  for ((i = 1; i < COMP_CWORD; ++i)); do\n"
         "    case ${COMP_WORDS[i]} in\n"
         "    " +
         boost::join(subcommand_words, " | ") +
         ") subcommand=${COMP_WORDS[i]}; break ;;\n"
         "    esac\n"
         "  done\n"
         "  COMPREPLY=()\n"
         "  case $before in\n" +
         values + "    " + boost::join(others, " | ") +
         ") compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- \"$word\"); return ;;\n"
         "  esac\n"
         "  case $subcommand in\n"
         "    '') words=" +
         shell_quoted(boost::join(subcommand_words, " ") + " --help --version") + " ;;\n" + cases +
         "  esac\n"
         "  if [[ $subcommand == install && $word != -* ]]; then\n"
         "    compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- \"$word\"); return\n"
         "  fi\n"
         "  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
         "}\n"
         "complete -F _mysql_agent mysql-agent\n";
}

// Brackets and colons have a meaning in the arguments of _arguments, and colons in those of _describe.
std::string zsh_text(std::string text) {
  for (const char* special : {"\\", "[", "]", ":"}) boost::replace_all(text, special, std::string("\\") + special);
  return text;
}

std::string zsh_script() {
  std::string names;
  std::string cases;
  for (const Subcommand& each : subcommands()) {
    names += "    " + shell_quoted(zsh_text(each.name) + ":" + zsh_text(each.help)) + "\n";
    cases += std::string("    ") + each.name + ")\n      _arguments";
    for (const FlagDescription& flag : describe_flags_of(each.name)) {
      std::string spec = flag.flag + (flag.is_switch ? "" : "=") + "[" + zsh_text(flag.help) + "]";
      if (!flag.is_switch)
        spec += flag.words.empty() ? ":value:_files" : ":word:(" + boost::join(flag.words, " ") + ")";
      cases += " \\\n        " + shell_quoted(spec);
    }
    cases += " \\\n        " + shell_quoted("--help[print the help, and exit]");
    if (const Words operands = operands_of(each.name); !operands.empty())
      cases += " \\\n        " + shell_quoted("1:word:(" + boost::join(operands, " ") + ")");
    if (takes_directory(each.name)) cases += " \\\n        " + shell_quoted("1:directory:_files -/");
    cases += "\n      ;;\n";
  }
  return "#compdef mysql-agent\n"
         "# Completion of mysql-agent for zsh: source <(mysql-agent completion zsh)\n"
         "_mysql_agent() {\n"
         "  local -a subcommands=(\n" +
         names +
         "  )\n"
         "  if (( CURRENT == 2 )); then\n"
         "    _describe subcommand subcommands\n"
         "    return\n"
         "  fi\n"
         "  shift words\n"
         "  (( --CURRENT ))\n"
         "  case $words[1] in\n" +
         cases +
         "  esac\n"
         "}\n"
         "if [[ $funcstack[1] == _mysql_agent ]]; then _mysql_agent; else compdef _mysql_agent mysql-agent; fi\n";
}

std::string fish_quoted(const std::string& text) {
  return "'" + boost::replace_all_copy(boost::replace_all_copy(text, "\\", "\\\\"), "'", "\\'") + "'";
}

std::string fish_script() {
  std::string out = "# Completion of mysql-agent for fish: mysql-agent completion fish | source\n";
  for (const Subcommand& each : subcommands())
    out += "complete -c mysql-agent -n __fish_use_subcommand -f -a " + std::string(each.name) + " -d " +
           fish_quoted(each.help) + "\n";
  for (const Subcommand& each : subcommands()) {
    const std::string in = "complete -c mysql-agent -n '__fish_seen_subcommand_from " + std::string(each.name) + "'";
    for (const FlagDescription& flag : describe_flags_of(each.name)) {
      out += in + " -l " + flag.flag.substr(2);
      if (!flag.is_switch) out += flag.words.empty() ? " -r" : " -x -a " + fish_quoted(boost::join(flag.words, " "));
      out += " -d " + fish_quoted(flag.help) + "\n";
    }
    if (const Words operands = operands_of(each.name); !operands.empty())
      out += in + " -f -a " + fish_quoted(boost::join(operands, " ")) + "\n";
  }
  return out;
}

}  // namespace

const std::vector<std::string>& completion_shells() {
  static const std::vector<std::string> shells{"bash", "zsh", "fish"};
  return shells;
}

std::string completion_script(const std::string& shell) {
  if (shell == "zsh") return zsh_script();
  if (shell == "fish") return fish_script();
  return bash_script();
}

}  // namespace mysql_agent
