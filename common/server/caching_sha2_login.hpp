#pragma once

namespace mysql_agent {

/// Teaches the MySQL client library of this process to log in to accounts of caching_sha2_password, MySQL's default
/// since 8.0.4. The library looks for that method in a plugin file otherwise, and a static binary in a container has
/// none. sha256_password comes with it: MySQL asks an account that does not exist for one or the other (seen on 9.7.4),
/// and without it the error would be about a plugin file. The password leaves this process in the clear over TLS and
/// over a socket only; over plain TCP it is encrypted with the public key that the server gives. Where TLS was asked
/// for, and the server offers none, nothing is sent: error 2026. Call it once, before the first connection. Throws
/// failed.
void register_caching_sha2_login();

}  // namespace mysql_agent
