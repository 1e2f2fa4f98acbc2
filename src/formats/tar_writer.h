// Writing the members of a tar archive: ustar headers, and PAX records for what they cannot say.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/stream.h"
#include "formats/member.h"
#include "formats/tar_format.h"

namespace slipway::formats {

/// The same members give the same bytes. Names up to 255 bytes stand in the header where they fit,
/// so that every reader takes them as bytes.
class TarWriter {
public:
    explicit TarWriter(Sink& out) : out_(out) {}

    /// A stretch of a file that is not a hole.
    struct Extent {
        std::uint64_t offset = 0;
        std::uint64_t length = 0;
    };

    /// Writes what heads a member. The payload follows by payload(): `member.size` bytes, or if
    /// there are holes, what `extents` hold of them.
    void begin(const Member& member);
    void begin_sparse(const Member& member, const std::vector<Extent>& extents);

    void payload(ConstBytes bytes);
    void end_payload();

    using Block = std::array<char, tar_block>;

    /// Writes the end mark.
    void finish();

private:
    void write_headers(const Member& member, const std::string& records, std::uint64_t stored_size);
    void write_block(const Block& block);
    void write_padded(ConstBytes bytes);

    Sink& out_;
    std::uint64_t written_ = 0; // of the payload
};

} // namespace slipway::formats
