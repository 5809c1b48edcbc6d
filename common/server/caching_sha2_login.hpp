#pragma once

namespace mysql_agent {

/// Registers two login methods in the MySQL client library of this process: caching_sha2_password, MySQL's default
/// since 8.0.4, and sha256_password. Without this the library looks for a plugin file for each method, and a static
/// binary in a container has no such file. sha256_password is needed for clear errors: for an account that does not
/// exist MySQL asks for either method (seen on 9.7.4).
///
/// caching_sha2_password sends the password in the clear only over TLS or a socket, sha256_password only over TLS.
/// Otherwise the password is encrypted with the public key that the server gives. If TLS was asked for and the server
/// offers no TLS, nothing is sent: error 2026.
///
/// Call this once, before the first connection. Throws failed.
void register_caching_sha2_login();

}  // namespace mysql_agent
