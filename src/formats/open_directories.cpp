#include "formats/open_directories.h"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <fmt/format.h>

#include "base/text.h"
#include "tree/walk.h"

namespace slipway::formats {

namespace {

constexpr std::size_t most_open = 128;

} // namespace

FileDescriptor open_quietly(int directory, const char* name, int flags) {
    const auto all = flags | O_CLOEXEC | O_NOFOLLOW;
    FileDescriptor file(openat(directory, name, all | O_NOATIME));
    if (!file.is_open() && errno == EPERM) {
        return FileDescriptor(openat(directory, name, all));
    }
    return file;
}

OpenDirectories::OpenDirectories(FileDescriptor top, std::string root_path)
    : root_(std::make_shared<const FileDescriptor>(std::move(top))),
      root_path_(std::move(root_path)) {
    state_.lock()->places.emplace_back();
}

OpenDirectories::Id OpenDirectories::add(Id parent, std::string_view name) {
    auto state = state_.lock();
    const auto depth = state->places.at(parent).depth + 1;
    if (depth > tree::deepest_tree) {
        throw Error(
            Fault::refused,
            fmt::format("{} holds more than {} nested directories", root_path_, tree::deepest_tree)
        );
    }
    state->places.push_back(Place{parent, depth, std::string(name)});
    return static_cast<Id>(state->places.size() - 1);
}

OpenDirectories::Handle OpenDirectories::find_open(State& state, Id id) const {
    if (id == root) {
        return root_;
    }
    const auto found = state.open.find(id);
    if (found == state.open.end()) {
        return nullptr;
    }
    found->second.when = ++state.clock;
    return found->second.handle;
}

void OpenDirectories::keep_open(State& state, Id id, const Handle& handle) {
    if (state.open.size() >= most_open) {
        state.open.erase(std::ranges::min_element(state.open, {}, [](const auto& used) {
            return used.second.when;
        }));
    }
    state.open.insert_or_assign(id, Used{handle, ++state.clock});
}

OpenDirectories::Handle OpenDirectories::try_get(Id id) {
    auto state = state_.lock();
    std::vector<Id> missing;
    auto handle = find_open(*state, id);
    for (auto at = id; !handle; handle = find_open(*state, at)) {
        missing.push_back(at);
        at = state->places.at(at).parent;
    }
    for (; !missing.empty(); missing.pop_back()) {
        const auto next = missing.back();
        const auto* name = state->places.at(next).name.c_str();
        auto opened = open_quietly(handle->get(), name, O_RDONLY | O_DIRECTORY);
        if (!opened.is_open()) {
            return nullptr;
        }
        handle = std::make_shared<const FileDescriptor>(std::move(opened));
        keep_open(*state, next, handle);
    }
    return handle;
}

OpenDirectories::Handle OpenDirectories::get(Id id) {
    auto handle = try_get(id);
    if (!handle) {
        throw_errno(fmt::format("cannot open {}", path(id)));
    }
    return handle;
}

std::string OpenDirectories::path_from_root(Id id) const {
    auto state = state_.lock();
    std::vector<const std::string*> names;
    for (; id != root; id = state->places.at(id).parent) {
        names.push_back(&state->places.at(id).name);
    }
    std::string path;
    for (; !names.empty(); names.pop_back()) {
        path += '/';
        path += *names.back();
    }
    return path;
}

std::string OpenDirectories::path(Id id) const {
    return printable(root_path_ + path_from_root(id));
}

std::string OpenDirectories::path(Id id, std::string_view name) const {
    return printable(fmt::format("{}{}/{}", root_path_, path_from_root(id), name));
}

} // namespace slipway::formats
