// uses: mount base
// What mounting reads from the kernel and from /run: netlink messages, mount tables, records. The
// first byte chooses.
#include <cstdlib>

#include "base/error.h"
#include "mount/active_mount.h"
#include "mount/mount_table.h"
#include "mount/netlink.h"

namespace {

using namespace slipway;
using namespace slipway::mount;

void read_netlink(ConstBytes bytes) {
    for (const auto& answer : parse_answers(bytes)) {
        find_u32(parse_attributes(answer.attributes), 1);
    }
}

void read_record(ConstBytes bytes) {
    const auto record = parse_record(bytes);
    if (parse_record(as_bytes(write_record(record))) != record) {
        std::abort();
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    const auto bytes = std::as_bytes(std::span(data, size)).subspan(1);
    try {
        switch (data[0] % 3) {
        case 0:
            read_netlink(bytes);
            break;
        case 1:
            parse_mount_table(bytes);
            break;
        default:
            read_record(bytes);
        }
    } catch (const Error& error) {
        if (error.fault() != Fault::corrupt) {
            std::abort();
        }
    }
    return 0;
}
