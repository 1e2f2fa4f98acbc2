// Reading the members of cpio archives, as initramfs files are.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "formats/member.h"
#include "formats/peeked_source.h"
#include "formats/unpacked_source.h"

namespace slipway::formats {

/// Reads newc archives (070701), with checksums (070702) too, and the older portable ones (070707);
/// several one after another, with zeros between them, and the rest of them compressed: what the
/// kernel takes for an initramfs. Times are whole seconds; there are no extended attributes.
///
/// Errors: Fault::corrupt for damage, a missing end and a wrong kind of archive.
class CpioReader final : public MemberReader {
public:
    /// `archive` outlives this.
    explicit CpioReader(Source& archive) : outer_(archive), source_(&outer_) {}

    std::optional<Member> next() override;
    void read_payload(tree::Ingest::Feed& feed) override;

private:
    /// A compressed rest of the archive.
    struct Inner {
        explicit Inner(Source& packed) : unpacked(packed), peeked(unpacked) {}

        UnpackedSource unpacked;
        PeekedSource peeked;
    };

    struct Header {
        std::uint32_t mode = 0;
        std::uint32_t links = 0;
        std::tuple<std::uint64_t, std::uint64_t, std::uint64_t> inode; ///< with its device
        std::uint64_t name_bytes = 0;
        Member member;
    };

    bool find_archive();
    Header read_header();
    Header parse_newc(const std::string& text);
    Header parse_portable(const std::string& text);
    std::string read_text(std::size_t size);
    void skip(std::uint64_t size);
    std::optional<Member> finished(Header header);

    PeekedSource outer_;
    std::vector<std::unique_ptr<Inner>> inners_;
    PeekedSource* source_;
    bool inside_ = false; // an archive whose end is still to come
    bool began_ = false;
    std::string name_;       // of the member, for errors
    std::uint64_t left_ = 0; // bytes of the member that are not read
    std::uint64_t padding_ = 0;
    std::optional<std::uint32_t> checksum_; // that the member's bytes are to have
    std::map<decltype(Header::inode), std::string> linked_;
};

} // namespace slipway::formats
