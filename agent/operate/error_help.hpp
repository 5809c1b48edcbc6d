#pragma once

#include <string>
#include <vector>

namespace mysql_agent {

/// What an error number of a server, or of its client library, means to a set, and what a person does next.
struct ErrorHelp {
  std::vector<int> numbers;  ///< of MySQL and of MariaDB, where they differ
  const char* meaning;
  const char* next;
};

/// The table of docs/failures.md. The numbers are from MySQL's and MariaDB's lists of server and client errors.
const std::vector<ErrorHelp>& error_helps();

/// nullptr: the table does not have the number.
const ErrorHelp* help_for(int number);

}  // namespace mysql_agent
