#include "tests/support/certificates.hpp"

#include <stdexcept>

#include "tests/support/background.hpp"
#include "tests/support/temp_dir.hpp"

namespace mysql_agent::test {
namespace {

void make(const std::string& arguments) {
  const Ran ran = run_to_end(
      {"sh", "-c", "exec openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes " + arguments});
  if (ran.exit_code != 0) throw std::runtime_error("openssl req failed: " + ran.output);
}

}  // namespace

TestCa::TestCa(std::filesystem::path dir) : dir_(std::move(dir)) {
  // openssl gets a configuration of the test's, because the machine's configuration would add extensions.
  write_text(dir_ / "openssl.cnf", "[req]\ndistinguished_name=dn\n[dn]\n");
  make("-config '" + (dir_ / "openssl.cnf").string() + "' -subj '/CN=ca in " + dir_.filename().string() +
       "' -days 2 -keyout '" + (dir_ / "ca.key").string() + "' -out '" + file().string() +
       "' -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign -addext "
       "subjectKeyIdentifier=hash");
}

TlsFiles TestCa::issue(const std::string& name, const std::string& names, const std::string& more_options) const {
  TlsFiles files;
  files.certificate = dir_ / (name + ".pem");
  files.key = dir_ / (name + ".key");
  files.ca = file();
  make("-config '" + (dir_ / "openssl.cnf").string() + "' -subj '/CN=" + name + "' -CA '" + file().string() +
       "' -CAkey '" + (dir_ / "ca.key").string() + "' -keyout '" + files.key.string() + "' -out '" +
       files.certificate.string() + "' -addext basicConstraints=critical,CA:FALSE -addext subjectKeyIdentifier=hash " +
       (names.empty() ? "" : "-addext 'subjectAltName=" + names + "' ") +
       (more_options.empty() ? "-days 2" : more_options));
  return files;
}

}  // namespace mysql_agent::test
