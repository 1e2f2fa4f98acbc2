#include "sandbox/kept_out.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include <fcntl.h>
#include <fnmatch.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/file.h"
#include "tree/walk.h"

namespace slipway::sandbox {

namespace {

namespace fs = std::filesystem;

bool matches(const KeptOut& rule, const std::string& path) {
    return std::ranges::any_of(rule.patterns, [&](const std::string& pattern) {
        return fnmatch(pattern.c_str(), path.c_str(), 0) == 0;
    });
}

/// Goes over a layer once, from the bottom up.
class Removal {
public:
    Removal(
        const Layer& layer,
        std::span<const KeptOut> rules,
        const std::vector<std::string>& mount_points
    )
        : layer_(layer), rules_(rules), mount_points_(mount_points.begin(), mount_points.end()) {
        for (const auto& rule : rules) {
            left_out_.push_back({rule.what, 0, 0, {}});
        }
        visit("");
    }

    std::vector<LeftOut> result() {
        std::erase_if(left_out_, [](const LeftOut& left) { return left.files == 0; });
        return std::move(left_out_);
    }

private:
    // NOLINTNEXTLINE(misc-no-recursion): as deep as the kernel allowed directories to become.
    void visit(const std::string& path) {
        auto removed = false;
        std::set<std::string> names;
        for (const auto& entry : fs::directory_iterator(layer_.upper.native() + path)) {
            names.insert(entry.path().filename().native());
        }
        for (auto name = names.begin(); name != names.end();) {
            const auto gone = take_away(path + "/" + *name);
            removed = removed || gone;
            name = gone ? names.erase(name) : std::next(name);
        }
        if (removed) {
            restore_time(path, names);
        }
    }

    /// True if it has gone.
    // NOLINTNEXTLINE(misc-no-recursion)
    bool take_away(const std::string& path) {
        const fs::path file = layer_.upper.native() + path;

        struct stat status {};

        if (lstat(file.c_str(), &status) != 0) {
            throw_errno("cannot stat " + file.native());
        }
        if (S_ISDIR(status.st_mode)) {
            visit(path);
        }
        if (mount_points_.contains(path) && !tree::look_up(layer_.contents, layer_.lower, path)) {
            std::error_code not_empty;
            return fs::remove(file, not_empty);
        }
        if (S_ISDIR(status.st_mode)) {
            return false;
        }
        for (std::size_t i = 0; i < rules_.size(); ++i) {
            if (matches(rules_[i], path)) {
                count(left_out_[i], path, status);
                return fs::remove(file);
            }
        }
        return false;
    }

    static void count(LeftOut& left, const std::string& path, const struct stat& status) {
        if (left.files++ == 0) {
            left.first = path;
        }
        left.bytes += S_ISREG(status.st_mode) ? static_cast<std::uint64_t>(status.st_size) : 0;
    }

    /// If no name in it was added or removed, nothing has happened in the directory.
    void restore_time(const std::string& path, const std::set<std::string>& names) const {
        const auto lower = tree::look_up(layer_.contents, layer_.lower, path.empty() ? "/" : path);
        if (!lower || !lower->directory) {
            return;
        }
        const fs::path directory = layer_.upper.native() + path;
        const auto as_before = std::ranges::all_of(names, [&](const std::string& name) {
            struct stat status {};
            return lstat((directory / name).c_str(), &status) == 0 &&
                   !(S_ISCHR(status.st_mode) && status.st_rdev == 0) &&
                   tree::entry_named(*lower->directory, name) != nullptr;
        });
        if (as_before) {
            const auto& mtime = lower->directory->attributes.mtime;
            const std::array<timespec, 2> times{
                {{0, UTIME_OMIT}, {mtime.seconds, static_cast<long>(mtime.nanoseconds)}}};
            utimensat(AT_FDCWD, directory.c_str(), times.data(), 0);
        }
    }

    const Layer& layer_;
    std::span<const KeptOut> rules_;
    std::set<std::string> mount_points_;
    std::vector<LeftOut> left_out_;
};

} // namespace

std::span<const KeptOut> kept_out() {
    static const std::vector<KeptOut> rules{
        {"downloaded packages",
         {"/var/cache/apt/archives/*",
          "/var/cache/dnf/*",
          "/var/cache/libdnf5/*",
          "/var/cache/yum/*",
          "/var/cache/zypp/packages/*",
          "/var/cache/pacman/pkg/*",
          "/var/cache/apk/*",
          "/etc/apk/cache/*"}},
        {"lists of packages",
         {"/var/lib/apt/lists/*",
          "/var/cache/apt/*.bin",
          "/var/cache/zypp/*",
          "/var/lib/pacman/sync/*"}},
        {"temporary files", {"/tmp/*", "/var/tmp/*", "/run/*"}},
        {"logs", {"/var/log/*"}},
        {"what is one machine's own",
         {"/etc/machine-id",
          "/var/lib/dbus/machine-id",
          "/var/lib/systemd/random-seed",
          "/var/lib/systemd/credential.secret",
          "/var/lib/urandom/random-seed"}},
        {"histories of shells and editors",
         {"/root/.*_history", "/home/*/.*_history", "/root/.lesshst", "/root/.viminfo"}}};
    return rules;
}

bool is_kept_out(const std::string& path) {
    return std::ranges::any_of(kept_out(), [&](const KeptOut& rule) {
        return matches(rule, path);
    });
}

std::vector<LeftOut> leave_out(
    const Layer& layer, std::span<const KeptOut> rules, const std::vector<std::string>& mount_points
) {
    return Removal(layer, rules, mount_points).result();
}

} // namespace slipway::sandbox
