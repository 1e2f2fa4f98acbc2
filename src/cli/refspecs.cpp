#include "cli/refspecs.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"

namespace slipway::cli {

std::vector<WantedBranch>
find_wanted(const Invocation& invocation, const std::vector<store::Branch>& branches) {
    std::vector<WantedBranch> wanted;
    const auto named = invocation.all(refspec_argument);
    if (invocation.flag("all")) {
        if (!named.empty()) {
            throw Error(Fault::usage, "--all leaves no branches to be named");
        }
        for (const auto& branch : branches) {
            wanted.push_back({branch.name, branch.name, branch.commit});
        }
        return wanted;
    }
    if (named.empty()) {
        throw Error(Fault::usage, "name a branch, or say --all");
    }
    for (const auto& spec : named) {
        const auto colon = spec.find(':');
        const auto from = spec.substr(0, colon);
        const auto found = std::find_if(branches.begin(), branches.end(), [&](const auto& branch) {
            return branch.name == from;
        });
        if (found == branches.end()) {
            throw Error(Fault::not_found, fmt::format("there is no branch '{}'", printable(from)))
                .hint("`slipway --repo LOCATION branches` lists them");
        }
        wanted.push_back(
            {from, colon == std::string::npos ? from : spec.substr(colon + 1), found->commit}
        );
    }
    return wanted;
}

} // namespace slipway::cli
