// Reading the members of a tar archive, one after another.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/stream.h"
#include "formats/member.h"
#include "formats/tar_format.h"
#include "tree/ingest.h"
#include "tree/objects.h"

namespace slipway::formats {

/// Reads ustar, old tar, PAX and GNU archives, with long names and sparse files of every kind.
///
/// Errors: Fault::corrupt for damage, a missing end and a wrong kind of archive.
class TarReader final : public MemberReader {
public:
    /// `archive` is not compressed, and outlives this.
    explicit TarReader(Source& archive) : archive_(archive) {}

    std::optional<Member> next() override;
    void read_payload(tree::Ingest::Feed& feed) override;

private:
    struct Extent {
        std::uint64_t offset = 0;
        std::uint64_t length = 0;
    };

    /// What extension headers say of the member after them.
    struct Extensions {
        PaxRecords records;
        std::optional<std::string> long_name;
        std::optional<std::string> long_link;
    };

    struct Sparse {
        bool is_sparse = false;
        bool map_in_payload = false; // GNU.sparse 1.0
        std::optional<std::uint64_t> real_size;
        std::string name;
        std::vector<Extent> extents;
    };

    bool read_block(Buffer& block);
    std::string read_text(std::uint64_t size);
    void skip(std::uint64_t size);
    void skip_rest();
    bool take_extension(ConstBytes block, Extensions& extensions);
    Member member_from(ConstBytes block, const Extensions& extensions);
    void apply_record(Member& member, const std::string& key, const std::string& value);
    bool apply_sparse(const std::string& key, const std::string& value);
    static bool apply_xattr(Member& member, const std::string& key, const std::string& value);
    void read_gnu_map(ConstBytes block);
    void read_gnu_pairs(ConstBytes block, TarField field);
    void read_pax_map();
    void add_extent(Extent extent);
    void settle_size(Member& member);
    void push(std::uint64_t length, tree::Ingest::Feed& feed);

    Source& archive_;
    bool began_ = false;
    std::string name_;    // of the member, for errors
    PaxRecords defaults_; // from global headers
    Sparse sparse_;
    std::uint64_t size_ = 0;    // of the member, with holes
    std::uint64_t left_ = 0;    // stored bytes of the member that are not read
    std::uint64_t padding_ = 0; // behind them
};

} // namespace slipway::formats
