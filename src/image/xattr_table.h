// The extended attributes of a tree, as EROFS keeps them: each inode's own after it, the large
// and the repeated ones once, in a shared area.
//
// Rules: docs/format/image.md, "Extended attributes". Filled by one thread, then settled, then
// read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/bytes.h"
#include "image/notices.h"
#include "tree/objects.h"

namespace slipway::image {

class XattrTable {
public:
    /// A set of attributes that some inode carries; 0 is the empty one.
    using SetId = std::uint32_t;

    XattrTable();

    /// The set that equals `xattrs`, if it was added.
    std::optional<SetId> find(const std::vector<tree::Xattr>& xattrs);

    /// Adds a set that find() did not know; `path` names its first inode in notices.
    SetId add(const std::vector<tree::Xattr>& xattrs, std::string path);

    /// Counts one more inode with this set.
    void count(SetId set) { ++sets_[set].inodes; }

    /// Decides what is shared and encodes everything; tells what is left out, and why.
    void settle(Notices& notices);

    /// What follows an inode with this set; empty, or more than 12 bytes and a multiple of 4.
    ConstBytes body(SetId set) const { return sets_[set].body; }

    /// The shared area, a multiple of 4 bytes long.
    ConstBytes shared() const { return shared_; }

private:
    struct Attribute {
        std::uint8_t prefix = 0;
        std::string suffix; ///< the name without its prefix
        std::string value;
        std::string name; ///< whole, for people
        std::uint64_t inodes = 0;
        std::optional<std::uint32_t> shared_id;
    };

    struct LeftOut {
        SetId set = 0;
        std::string reason;
    };

    struct Set {
        std::vector<std::uint32_t> attributes;
        std::uint64_t inodes = 0;
        std::string path;
        Buffer body;
    };

    std::uint32_t intern(Attribute attribute);
    void share();
    void encode(SetId id);
    static std::uint64_t entry_bytes(const Attribute& attribute);
    static void append_entry(ByteWriter& writer, const Attribute& attribute);

    std::vector<Attribute> attributes_;
    std::vector<Set> sets_;
    std::vector<LeftOut> left_out_;
    std::unordered_map<std::string, std::uint32_t> attribute_ids_;
    std::unordered_map<std::string, SetId> set_ids_;
    std::string key_; ///< kept between calls for its memory
    Buffer shared_;
};

} // namespace slipway::image
