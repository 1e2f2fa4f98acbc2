// What the second pass must know about single paths: decisions that involve several of them.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tree/merge/driver.h"
#include "tree/merge/triple.h"
#include "tree/objects.h"

namespace slipway::tree::merging {

/// How a path is merged: with these versions instead of what lies there.
struct Planned {
    Triple<std::optional<Entry>> versions; ///< without link ids
    std::optional<std::size_t> group{};    ///< of hard links in the result
    std::optional<LinkId> link{};          ///< in the result, if the path is in it
    Favour prefer = Favour::none;          ///< instead of a conflict of fields
};

/// Decisions by path.
class Plan {
public:
    Planned& put(const std::string& path, Planned planned) {
        return paths_.insert_or_assign(path, std::move(planned)).first->second;
    }

    const Planned* find(const std::string& path) const {
        const auto at = paths_.find(path);
        return at == paths_.end() ? nullptr : &at->second;
    }

    Planned* find(const std::string& path) {
        const auto at = paths_.find(path);
        return at == paths_.end() ? nullptr : &at->second;
    }

    /// As put(), where none of the versions has anything at `path`. It is made if the result has
    /// the directory it is to be in.
    void create(const std::string& path, Planned planned) {
        put(path, std::move(planned));
        created_.insert(path);
    }

    /// The paths of what is to be made in `directory`, in their order.
    std::vector<std::string> created_in(const std::string& directory) const {
        std::vector<std::string> paths;
        const auto prefix = directory + "/";
        for (auto at = created_.lower_bound(prefix);
             at != created_.end() && at->starts_with(prefix);
             ++at) {
            if (at->find('/', prefix.size()) == std::string::npos) {
                paths.push_back(*at);
            }
        }
        return paths;
    }

    /// True if a path beneath `directory` is planned, which must then be opened.
    bool touches(const std::string& directory) const {
        if (paths_.empty()) {
            return false;
        }
        const auto prefix = directory + "/";
        const auto at = paths_.lower_bound(prefix);
        return at != paths_.end() && at->first.starts_with(prefix);
    }

private:
    std::map<std::string, Planned> paths_;
    std::set<std::string> created_;
};

} // namespace slipway::tree::merging
