#pragma once

#include <cstdint>

#include "common/backup/clone_protocol.hpp"
#include "common/server/server_program.hpp"
#include "common/volume/data_dir.hpp"

/// What clone-mysql makes sure of before it changes anything. Each throws, with what is wrong and what to do.
namespace mysql_agent {

/// Throws failed where a server runs on the data: InnoDB of both families holds a write lock (fcntl) on ibdata1 for as
/// long as it runs (seen on MariaDB 10.11 and MySQL 9.7).
void check_no_server(const DataDir& dir);

/// Throws usage_error where this process may not write in the data directory, or in what is the agent's own in it.
void check_writable(const DataDir& dir);

/// The free space must be the donor's estimate plus a tenth: prepare applies the log, and undo and temporary space
/// grow. Throws failed. `freed` is what will be removed before the clone; `beside`: the old data stays meanwhile.
void check_space(const DataDir& dir, std::uint64_t clone_bytes, std::uint64_t freed, bool beside);

/// Throws usage_error where the donor's data was made with settings that the server here does not have, as far as both
/// say them: a server does not start on data of another page size, nor, from MySQL 8.0 on, of another
/// lower_case_table_names.
void check_settings(const DonorInfo& donor, const ServerSettings& own);

}  // namespace mysql_agent
