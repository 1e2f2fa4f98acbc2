// Mounts that nobody else sees, and that go with the process however it ends.
#pragma once

#include <filesystem>
#include <functional>

namespace slipway::sandbox {

/// Runs `work` on a thread with mounts of its own, and waits for it; throws what it throws. It is
/// given an empty directory in memory, where it mounts what it likes: nothing is left of it, even
/// after a kill -9. Threads and programs that `work` starts see the same mounts.
/// Throws Fault::unavailable if the system does not allow that.
void with_private_mounts(const std::function<void(const std::filesystem::path& place)>& work);

} // namespace slipway::sandbox
