#include "agent/cli/command_line.hpp"

int main(int argc, char** argv) {
  return mysql_agent::run_command_line(argc, argv);
}
