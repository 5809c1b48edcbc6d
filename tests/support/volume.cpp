#include "tests/support/volume.hpp"

#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "tests/support/background.hpp"

namespace mysql_agent::test {
namespace {

// Much more than a pod of a test needs: what is not used costs nothing.
constexpr std::uintmax_t size_of_volume = 3'000'000'000;

// Mounts that nobody else sees, and that end with the process, whatever ends that. What this thread starts sees them.
void leave_mounts_of_others() {
  static const bool left = ::unshare(CLONE_NEWNS) == 0 && ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, "") == 0;
  if (!left) throw std::runtime_error(std::string("cannot make a mount namespace: ") + std::strerror(errno));
}

void copy_all(const std::filesystem::path& from, const std::filesystem::path& to) {
  std::filesystem::create_directories(to);
  const Ran ran = run_to_end({"cp", "-a", (from / ".").string(), to.string()});
  if (ran.exit_code != 0) throw std::runtime_error("cp failed: " + ran.output);
}

}  // namespace

Volume::Volume(std::filesystem::path directory) : directory_(std::move(directory)) {
  std::filesystem::create_directories(directory_);
  if (::geteuid() != 0) return;
  leave_mounts_of_others();
  mount(0, size_of_volume);
  mounted_ = true;
}

Volume::~Volume() {
  if (mounted_) ::umount2(directory_.c_str(), MNT_DETACH);
}

void Volume::mount(unsigned long flags, std::uintmax_t bytes) {
  const std::string options = "size=" + std::to_string(bytes);
  if (::mount("volume", directory_.c_str(), "tmpfs", flags, options.c_str()) != 0)
    throw std::runtime_error("cannot mount " + directory_.string() + ": " + std::strerror(errno));
}

void Volume::fill() {
  // What is written between the look and the mount does not fit; then a little more is given.
  for (std::uintmax_t more = 4096; mounted_; more *= 4) {
    const auto space = std::filesystem::space(directory_);
    try {
      return mount(MS_REMOUNT, space.capacity - space.free + more);
    } catch (const std::runtime_error&) {
      if (more > size_of_volume) throw;
    }
  }
}

void Volume::free() {
  if (mounted_) mount(MS_REMOUNT, size_of_volume);
}

void Volume::wipe() {
  for (const auto& entry : std::filesystem::directory_iterator(directory_)) std::filesystem::remove_all(entry.path());
}

void Volume::save(const std::filesystem::path& to) const {
  std::filesystem::remove_all(to);
  copy_all(directory_, to);
}

void Volume::restore(const std::filesystem::path& from) {
  wipe();
  copy_all(from, directory_);
}

}  // namespace mysql_agent::test
