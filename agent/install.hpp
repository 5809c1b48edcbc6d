#pragma once

#include <filesystem>

namespace mysql_agent {

/// `mysql-agent install DIR`: puts a copy of the program that runs here into `directory`, as mysql-agent, mode 0755,
/// for the containers of images that lack it. Durable when it returns; whoever looks meanwhile sees the old file, or
/// none, or the whole new one, also where the old one is being run. Throws usage_error where there is no such
/// directory, failed.
void install_program(const std::filesystem::path& directory);

}  // namespace mysql_agent
