// uses: tree base
// Three texts, between bytes 0x1e, go to every content driver: none crashes, one that one side left
// alone comes back as the other side, and a favoured side leaves no conflict.
#include <array>

#include "fuzz.h"
#include "tree/merge/drivers/registry.h"
#include "tree/text_diff.h"

namespace {

using namespace slipway;
using namespace slipway::tree;

/// Base, ours, theirs.
std::array<ConstBytes, 3> parts_of(ConstBytes input) {
    std::array<ConstBytes, 3> parts;
    for (auto& part : parts) {
        std::size_t length = 0;
        while (length < input.size() && input[length] != std::byte{0x1e}) {
            ++length;
        }
        part = input.first(length);
        input = input.subspan(std::min(length + 1, input.size()));
    }
    return parts;
}

void check(const MergeDriver& driver, const DriverInput& input) {
    const auto path = input.path;
    const auto ours = input.ours;
    const auto theirs = input.theirs;
    const auto merged = [&](ConstBytes b, ConstBytes o, ConstBytes t) {
        const auto result = driver.merge({path, b, o, t}, Favour::none);
        fuzz::require(result.conflicts.empty());
        return result.merged;
    };
    fuzz::require(fuzz::equal(merged(ours, theirs, ours), theirs));
    fuzz::require(fuzz::equal(merged(ours, ours, theirs), theirs));
    fuzz::require(fuzz::equal(merged(ours, theirs, theirs), theirs));
    fuzz::require(driver.merge(input, Favour::ours).conflicts.empty());
    fuzz::require(driver.merge(input, Favour::theirs).conflicts.empty());
    const auto one = driver.merge(input, Favour::none);
    const auto other = driver.merge({path, input.base, theirs, ours}, Favour::none);
    fuzz::require(one.conflicts.empty() == other.conflicts.empty());
    if (one.conflicts.empty()) {
        fuzz::require(fuzz::equal(one.merged, driver.merge(input, Favour::theirs).merged));
    }
}

/// A unified diff names every line that was added or removed.
void check_diff(ConstBytes before, ConstBytes after) {
    const auto old_lines = split_lines(as_text(before));
    const auto new_lines = split_lines(as_text(after));
    auto left = static_cast<std::ptrdiff_t>(old_lines.size());
    for (const auto& hunk : diff_lines(old_lines, new_lines)) {
        left += static_cast<std::ptrdiff_t>(hunk.after.size());
        left -= static_cast<std::ptrdiff_t>(hunk.before.size());
    }
    fuzz::require(left == static_cast<std::ptrdiff_t>(new_lines.size()));
    const auto text = unified_diff(as_text(before), as_text(after), {"a", "b"});
    fuzz::require(text.empty() == fuzz::equal(before, after));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto [base, ours, theirs] = parts_of(fuzz::input(data, size));
    for (const auto& [name, driver] : registry()) {
        check(*driver, {"/var/lib/dpkg/triggers/ldconfig", base, ours, theirs});
        check(*driver, {"/var/lib/dpkg/triggers/ldconfig", {}, ours, theirs});
    }
    check(*registry().at("triggers"), {"/var/lib/dpkg/triggers/File", base, ours, theirs});
    check(*registry().at("triggers"), {"/var/lib/dpkg/triggers/Unincorp", base, ours, theirs});
    check_diff(ours, theirs);
    return 0;
}
