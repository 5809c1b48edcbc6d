#pragma once

#include <filesystem>

namespace mysql_agent {

/// `mysql-agent install DIR`: copies the running program to `directory`/mysql-agent, mode 0755, for containers whose
/// images lack it. The copy is durable on return. At any moment before, the old file, no file or the whole new file is
/// there, even where the old file is being run. Throws usage_error where the directory is missing, else failed.
void install_program(const std::filesystem::path& directory);

}  // namespace mysql_agent
