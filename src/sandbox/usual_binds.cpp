#include "sandbox/usual_binds.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/file.h"
#include "tree/tree_reader.h"
#include "tree/walk.h"

namespace slipway::sandbox {

namespace {

namespace fs = std::filesystem;

constexpr const char* resolver = "/etc/resolv.conf";
constexpr const char* policy = "/usr/sbin/policy-rc.d";

/// Where a link at `path` leads to, as a path in the tree.
std::string target_of(const std::string& path, const std::string& link) {
    auto target = (fs::path(path).parent_path() / link).lexically_normal().native();
    constexpr std::string_view old_run = "/var/run/";
    return target.starts_with(old_run) ? "/run/" + target.substr(old_run.size()) : target;
}

} // namespace

std::optional<Bind> resolver_bind(const Contents& contents, const Digest& tree) {
    if (!fs::exists(resolver)) {
        return std::nullopt;
    }
    const auto found = tree::look_up(contents, tree, resolver);
    const auto* const link =
        found && found->entry ? std::get_if<tree::Symlink>(&found->entry->node) : nullptr;
    if (link == nullptr) {
        return Bind{resolver, resolver};
    }
    auto target = target_of(resolver, link->target);
    if (!target.starts_with("/run/")) {
        const auto place = tree::TreeReader(contents, tree).look_up(resolver);
        if (!place) {
            return std::nullopt;
        }
        target = place->path;
    }
    return Bind{resolver, target};
}

std::optional<Bind>
no_services_bind(const Contents& contents, const Digest& tree, const fs::path& place) {
    if (!tree::TreeReader(contents, tree).look_up("/usr/sbin/invoke-rc.d")) {
        return std::nullopt;
    }
    const auto program = place / "policy-rc.d";
    constexpr std::string_view text = "#!/bin/sh\nexit 101\n"; // nothing may be started
    constexpr mode_t executable = 0755;
    const auto file = open_file(program, O_WRONLY | O_CREAT | O_TRUNC, executable);
    write_all(file.get(), as_bytes(text), program.native());
    if (fchmod(file.get(), executable) != 0) {
        throw_errno("cannot make policy-rc.d executable");
    }
    return Bind{program, policy};
}

std::vector<std::string> mount_points(const std::vector<Bind>& binds) {
    std::vector<std::string> all{"/dev", "/proc", "/run", "/tmp"};
    for (const auto& bind : binds) {
        for (auto path = fs::path(bind.target); path != "/" && !path.empty();
             path = path.parent_path()) {
            all.push_back(path.native());
        }
    }
    return all;
}

} // namespace slipway::sandbox
