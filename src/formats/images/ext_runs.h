// Where the blocks of a file of an ext image lie.
#pragma once

#include <vector>

#include "formats/images/ext_channel.h"
#include "formats/images/ext_library.h"
#include "formats/images/run_file.h"

namespace slipway::formats {

/// What a callback of the library, which is C, adds to; exceptions wait here until that has
/// returned.
template <typename Value>
struct Collected {
    Value value{};
    std::exception_ptr error;

    template <typename Add>
    int add(Add act, int stop) noexcept {
        try {
            act(value);
            return 0;
        } catch (...) {
            error = std::current_exception();
            return stop;
        }
    }

    Value take() {
        if (error) {
            std::rethrow_exception(error);
        }
        return std::move(value);
    }
};

/// The runs of a file or directory in their order, without holes and without what was never
/// written.
std::vector<RunFile::Run>
ext_runs(ExtChannel& channel, ext2_filsys filesystem, ext2_ino_t number, ext2_inode_large& inode);

} // namespace slipway::formats
