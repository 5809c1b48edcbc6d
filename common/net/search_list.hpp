#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mysql_agent {

/// The domains of the search list in the text of a resolv.conf. The last line that says `search` or `domain` counts.
std::vector<std::string> search_domains(std::string_view resolv_conf);

/// The name of `host` in `domain`, with the dot at the end: no search list is tried with it, so that "no such name" is
/// the word of who answers for that domain. An address, a name that ends in a dot, and any name if `domain` is empty,
/// stay as they are.
std::string full_name(const std::string& host, const std::string& domain);

/// The first domain of this machine's search list in which `host` resolves. Empty: there is none, or DNS fails.
///
/// A name with few dots goes through the search list, and at last it is asked as it stands. That step leaves the
/// cluster: where the cluster's DNS reaches no other server, it is answered SERVFAIL or REFUSED, and no name is ever
/// surely absent. The names of a set are all in one domain: the one in which the pod finds itself.
std::string domain_of(const std::string& host);

}  // namespace mysql_agent
