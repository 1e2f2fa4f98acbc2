#include "store/fsck/index.h"

#include <map>

#include <fmt/format.h>

#include "base/text.h"

namespace slipway::store {

void check_index(const Repository& repository, WholeObjects& objects, Findings& findings) {
    std::unordered_set<Digest> indexed;
    std::map<PackNumber, std::uint64_t> lost;
    const auto check_record = [&](const Digest& id, const Location& location) {
        indexed.insert(id);
        const auto whole = objects.find(id);
        if (whole == objects.end()) {
            ++lost[location.pack];
        } else if (whole->second.length != location.length) {
            findings.problem("object " + id.hex(), "has a wrong length in the index");
        }
    };
    repository.index().each(check_record);
    // They can be read, too, until they are collected.
    repository.index().each_condemned(check_record);
    for (const auto& [number, name] : repository.index().packs()) {
        if (const auto count = lost[number]; count > 0) {
            findings.problem(
                "pack " + name.hex(),
                fmt::format(
                    "{} that should be in it {} lost",
                    counted(count, "object"),
                    count == 1 ? "is" : "are"
                )
            );
        }
    }
    std::erase_if(objects, [&](const auto& object) {
        const auto& [id, whole] = object;
        if (!indexed.contains(id) && whole.should_be_indexed) {
            findings.problem(
                "object " + id.hex(),
                "is in a pack but not in the index: run `slipway fsck --rebuild-index`"
            );
        }
        return !indexed.contains(id);
    });
}

} // namespace slipway::store
