#include "tests/support/kubelet.hpp"

#include <iostream>
#include <thread>

namespace mysql_agent::test {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds grace{60};
constexpr std::chrono::seconds pause_between_clones{1};
constexpr std::size_t tail_bytes = 6'000;

void end(Background& process, int signal, const std::string& what) {
  process.signal(signal);
  if (process.wait(grace)) return;
  std::cout << "      " << what << " did not end on SIGTERM" << std::endl;
  process.signal(SIGKILL);
  process.wait(grace);
}

std::string tail_of(const std::filesystem::path& log) {
  if (!std::filesystem::exists(log)) return "";
  const std::string text = read_text(log);
  return "--- " + log.string() + "\n" + text.substr(text.size() - std::min(text.size(), tail_bytes));
}

}  // namespace

Kubelet::~Kubelet() {
  while (!cloned_.empty()) stop(cloned_.begin()->first, SIGKILL);
}

void Kubelet::start(int ordinal) {
  const Ran init = set_.init(ordinal);
  if (init.exit_code != 0) throw std::runtime_error("init-mysql failed: " + init.output);
  cloned_[ordinal] = false;
  next_clone_[ordinal] = Clock::now();
  look();
}

void Kubelet::stop(int ordinal, int signal) {
  cloned_.erase(ordinal);
  if (const auto clone = clones_.find(ordinal); clone != clones_.end()) {
    end(*clone->second, signal, "clone-mysql of mysql-" + std::to_string(ordinal));
    clones_.erase(clone);
  }
  end_sidecar(ordinal, signal);
  end_server(ordinal, signal);
}

void Kubelet::end_server(int ordinal, int signal) {
  if (!set_.has_server(ordinal)) return;
  end(set_.server(ordinal), signal, "the server of mysql-" + std::to_string(ordinal));
  set_.stop_server(ordinal);
}

void Kubelet::end_sidecar(int ordinal, int signal) {
  if (!set_.has_sidecar(ordinal)) return;
  end(set_.sidecar(ordinal), signal, "the sidecar of mysql-" + std::to_string(ordinal));
  set_.stop_sidecar(ordinal);
}

void Kubelet::signal_server(int ordinal, int signal) {
  if (set_.has_server(ordinal)) set_.server(ordinal).signal(signal);
}

void Kubelet::signal_sidecar(int ordinal, int signal) {
  if (set_.has_sidecar(ordinal)) set_.sidecar(ordinal).signal(signal);
}

void Kubelet::look() {
  for (const auto& [ordinal, cloned] : cloned_) {
    if (!cloned) look_at_clone(ordinal);
    if (cloned) look_at_containers(ordinal);
  }
}

void Kubelet::look_at_clone(int ordinal) {
  const auto clone = clones_.find(ordinal);
  if (clone == clones_.end()) {
    if (Clock::now() < next_clone_[ordinal]) return;
    clones_[ordinal] = std::unique_ptr<Background>(new Background(set_.begin_clone(ordinal)));
    return;
  }
  const auto code = clone->second->wait(std::chrono::milliseconds(0));
  if (!code) return;
  clones_.erase(clone);
  cloned_[ordinal] = *code == 0;
  next_clone_[ordinal] = Clock::now() + pause_between_clones;
}

void Kubelet::look_at_containers(int ordinal) {
  const auto note_death = [&](bool is_server, Background& process) {
    const auto code = process.wait(std::chrono::milliseconds(0));
    if (!code) return false;
    deaths_.push_back({ordinal, is_server,
                       std::string(is_server ? "the server" : "the sidecar") + " of mysql-" + std::to_string(ordinal) +
                           " ended by itself with " + std::to_string(*code)});
    return true;
  };
  if (!set_.has_server(ordinal) || note_death(true, set_.server(ordinal))) set_.start_server(ordinal);
  if (!set_.has_sidecar(ordinal) || note_death(false, set_.sidecar(ordinal))) set_.start_sidecar(ordinal);
}

void Kubelet::run_for(std::chrono::milliseconds time) {
  eventually(time, [&] {
    look();
    return false;
  });
}

std::vector<Kubelet::Death> Kubelet::take_deaths() {
  return std::exchange(deaths_, {});
}

std::string Kubelet::logs(int ordinal) const {
  std::string out;
  for (const char* name : {"clone.log", "sidecar.log", "server.log"}) out += tail_of(set_.dir(ordinal) / name) + "\n";
  return out;
}

}  // namespace mysql_agent::test
