#include <algorithm>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "tree/codec.h"
#include "tree/rules.h"

namespace slipway::tree {
namespace {

using rc::gen::arbitrary;
using rc::gen::element;
using rc::gen::inRange;

template <typename Integer>
Integer any_integer() {
    return *rc::gen::oneOf(
        arbitrary<Integer>(),
        element(std::numeric_limits<Integer>::min(), std::numeric_limits<Integer>::max())
    );
}

/// 1 to `longest` bytes, none of `without`.
std::string any_bytes(std::size_t longest, std::string_view without) {
    auto text = *arbitrary<std::string>();
    std::erase_if(text, [&](char c) { return without.find(c) != without.npos; });
    return text.empty() ? "\xff" : text.substr(0, longest);
}

Digest any_digest() {
    return sha256(as_bytes(*arbitrary<std::string>()));
}

/// A few values of `make`, by name, each name once.
template <typename Make>
auto some_by_name(Make make) {
    std::vector<decltype(make())> list(*inRange<std::size_t>(0, 6));
    std::generate(list.begin(), list.end(), make);
    std::sort(list.begin(), list.end(), [](const auto& a, const auto& b) {
        return a.name < b.name;
    });
    const auto same = [](const auto& a, const auto& b) { return a.name == b.name; };
    list.erase(std::unique(list.begin(), list.end(), same), list.end());
    return list;
}

Attributes any_attributes() {
    Attributes attributes;
    attributes.mode = *inRange(0U, 010000U);
    attributes.uid = any_integer<std::uint32_t>();
    attributes.gid = any_integer<std::uint32_t>();
    attributes.mtime = {any_integer<std::int64_t>(), *inRange(0U, 1000000000U)};
    attributes.xattrs = some_by_name([] {
        return Xattr{any_bytes(longest_xattr_name, {"\0", 1}), *arbitrary<std::string>()};
    });
    return attributes;
}

Node any_node() {
    switch (*inRange(0, 6)) {
    case 0:
        return *arbitrary<bool>() ? File{}
                                  : File{*inRange<std::uint64_t>(1, largest_file), any_digest()};
    case 1:
        return Subdirectory{any_digest()};
    case 2:
        return Symlink{any_bytes(longest_target, {"\0", 1})};
    case 3:
        return Device{
            *element(DeviceKind::character, DeviceKind::block),
            any_integer<std::uint32_t>(),
            any_integer<std::uint32_t>()};
    case 4:
        return Fifo{};
    default:
        return Socket{};
    }
}

Entry any_entry() {
    Entry entry{any_bytes(longest_name, {"\0/.", 3}), any_node(), {}, {}};
    if (!std::holds_alternative<Subdirectory>(entry.node)) {
        entry.attributes = any_attributes();
        if (*arbitrary<bool>()) {
            entry.link = LinkId::of_path(*arbitrary<std::string>());
        }
    }
    return entry;
}

Directory any_directory() {
    return {any_attributes(), some_by_name(any_entry)};
}

ChunkList any_chunk_list() {
    ChunkList list;
    for (auto left = *inRange(1, 5); left > 0; --left) {
        list.runs.push_back({zero_block * *inRange<std::uint64_t>(17, 257), any_digest()});
        if (*arbitrary<bool>()) {
            list.runs.push_back({zero_block * *inRange<std::uint64_t>(16, 1ULL << 40U), {}});
        }
    }
    list.runs.push_back({largest_chunk, any_digest()});
    list.runs.push_back({*inRange<std::uint64_t>(1, largest_chunk + 1), any_digest()});
    return list;
}

std::string any_utf8() {
    std::string text;
    for (auto left = *inRange(0, 20); left > 0; --left) {
        text += *element<std::string>("a", "Z", " ", "=", "\xc3\xa9", "\xf0\x9f\x90\xa7");
    }
    return text;
}

Commit any_commit() {
    Commit commit;
    commit.tree = any_digest();
    for (auto left = *inRange(0, 4); left > 0; --left) {
        commit.parents.push_back(sha256(as_bytes(std::to_string(left))));
    }
    commit.author = any_utf8();
    commit.time = *inRange(earliest_time, latest_time + 1);
    commit.facts = some_by_name([] {
        return Fact{*element<std::string>("os.name", "os.version", "kernel", "a-b_9"), any_utf8()};
    });
    commit.message = any_utf8() + "\n" + any_utf8();
    return commit;
}

// Rules D1 to D12.
RC_GTEST_PROP(Codec, DecodesTheDirectoryItEncoded, ()) {
    const auto directory = any_directory();
    RC_ASSERT(decode_directory(encode(directory)) == directory);
}

// Rules L1 to L6.
RC_GTEST_PROP(Codec, DecodesTheChunkListItEncoded, ()) {
    const auto list = any_chunk_list();
    RC_ASSERT(decode_chunk_list(encode(list)) == list);
}

// Rules C1 to C6.
RC_GTEST_PROP(Codec, DecodesTheCommitItEncoded, ()) {
    const auto commit = any_commit();
    RC_ASSERT(decode_commit(encode(commit)) == commit);
}

// Rule E1.
RC_GTEST_PROP(Codec, GivesADamagedDirectoryNoOtherEncoding, ()) {
    auto bytes = encode(any_directory());
    const auto at = *inRange<std::size_t>(0, bytes.size());
    bytes[at] ^= static_cast<std::byte>(*inRange(1, 256));
    try {
        RC_ASSERT(encode(decode_directory(bytes)) == bytes);
    } catch (const Error& error) {
        RC_ASSERT(error.fault() == Fault::corrupt);
    }
}

} // namespace
} // namespace slipway::tree
