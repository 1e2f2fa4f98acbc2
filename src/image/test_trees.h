// Trees in memory, for the tests of this module.
#pragma once

#include <algorithm>
#include <atomic>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/stream.h"
#include "image/image.h"
#include "tree/codec.h"
#include "tree/content.h"
#include "tree/objects.h"

namespace slipway::image {

/// Objects in memory.
class MemoryObjects final : public Contents {
public:
    Digest add(Buffer bytes) {
        const auto id = sha256(bytes);
        objects_[id] = std::make_shared<const Buffer>(std::move(bytes));
        return id;
    }

    Digest add(tree::Directory directory) {
        std::ranges::sort(directory.attributes.xattrs, {}, &tree::Xattr::name);
        std::ranges::sort(directory.entries, {}, &tree::Entry::name);
        return add(tree::encode(directory));
    }

    /// Adds a payload, cut as in a store.
    tree::File add_file(ConstBytes bytes) {
        if (bytes.empty()) {
            return {};
        }
        if (bytes.size() <= tree::largest_single_chunk) {
            return {bytes.size(), add(to_buffer(bytes))};
        }
        tree::ChunkList list;
        tree::Cutter cutter([&](std::uint64_t length, ConstBytes run) {
            using Chunk = std::optional<Digest>;
            list.runs.push_back({length, run.empty() ? Chunk() : Chunk(add(to_buffer(run)))});
        });
        cutter.data(bytes);
        cutter.end();
        return {bytes.size(), add(tree::encode(list))};
    }

    tree::File add_file(std::string_view text) { return add_file(as_bytes(text)); }

    void remove(const Digest& id) { objects_.erase(id); }

    std::unique_ptr<Blob> open(const Digest& id) const override {
        opened_ += 1;
        const auto found = objects_.find(id);
        return found == objects_.end() ? nullptr : std::make_unique<MemoryBlob>(found->second);
    }

    /// How often open() was called.
    std::size_t opened() const { return opened_; }

private:
    std::unordered_map<Digest, std::shared_ptr<const Buffer>> objects_;
    mutable std::atomic<std::size_t> opened_ = 0;
};

inline tree::Entry entry(std::string name, tree::Node node, tree::Attributes attributes = {}) {
    const bool is_directory = std::holds_alternative<tree::Subdirectory>(node);
    if (attributes.mode == 0 && !is_directory) {
        attributes.mode = 0644;
    }
    std::ranges::sort(attributes.xattrs, {}, &tree::Xattr::name);
    return {std::move(name), std::move(node), std::move(attributes), {}};
}

inline tree::Entry linked(tree::Entry entry, std::string_view first_path) {
    entry.link = tree::LinkId::of_path(first_path);
    return entry;
}

inline std::string random_text(std::size_t length, unsigned seed) {
    std::minstd_rand random(seed + 1);
    std::string text(length, ' ');
    for (auto& letter : text) {
        letter = static_cast<char>('a' + random() % 26);
    }
    return text;
}

/// A valid POSIX ACL in the form of getxattr(2): owner, one user, group, mask, others.
inline std::string acl(std::uint32_t user) {
    struct Part {
        std::uint16_t tag, rights;
        std::uint32_t id;
    };

    ByteWriter writer;
    writer.u32(2);
    constexpr std::uint32_t nobody = 0xFFFFFFFF;
    for (const auto& part :
         {Part{1, 6, nobody},
          Part{2, 5, user},
          Part{4, 4, nobody},
          Part{16, 7, nobody},
          Part{32, 4, nobody}}) {
        writer.u16(part.tag);
        writer.u16(part.rights);
        writer.u32(part.id);
    }
    return std::string(as_text(writer.view()));
}

inline tree::Xattr capability() {
    using namespace std::string_literals;
    return {"security.capability", "\x01\0\0\x02\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0"s};
}

inline Digest add_names_tree(MemoryObjects& objects) {
    tree::Directory names{.attributes = {.mode = 0755}, .entries = {}};
    const auto file = objects.add_file("same");
    for (const std::string name :
         {"!bang",
          "-dash",
          ".",
          "..",
          ".\x01",
          ".\xff",
          "..x",
          ".hidden",
          "\xff\xfe",
          "new\nline",
          "~",
          "A",
          "a"}) {
        if (name != "." && name != "..") {
            names.entries.push_back(entry(name, file));
        }
    }
    for (char letter = 'b'; letter < 'z'; ++letter) {
        names.entries.push_back(entry(std::string(255, letter), tree::Fifo{}));
    }
    names.entries.push_back(entry(std::string(255, '\x80'), tree::Socket{}));
    return objects.add(names);
}

inline Digest add_symlinks(MemoryObjects& objects) {
    tree::Directory directory{.attributes = {.mode = 01777, .uid = 1}, .entries = {}};
    for (const std::size_t length : {1, 59, 60, 4000, 4031, 4032, 4033, 4094, 4095}) {
        const tree::Symlink link{random_text(length, 1)};
        const auto name = std::to_string(length);
        directory.entries.push_back(entry(name, link, {.mode = 0777}));
        tree::Attributes labelled{.mode = 0777, .xattrs = {{"security.label", random_text(40, 2)}}};
        directory.entries.push_back(entry(name + " labelled", link, labelled));
        labelled.xattrs = {{"trusted.own", random_text(length / 8 + 1, 3)}};
        directory.entries.push_back(entry(name + " own", link, labelled));
    }
    return objects.add(directory);
}

inline Digest add_special_files(MemoryObjects& objects) {
    tree::Directory directory{.attributes = {.mode = 02750, .uid = 0xFFFFFFFD}, .entries = {}};
    using enum tree::DeviceKind;
    const std::vector<std::pair<std::string, tree::Node>> nodes = {
        {"null", tree::Device{character, 1, 3}},
        {"block zero", tree::Device{block, 0, 0}},
        {"wide", tree::Device{block, 4095, 1048575}},
        {"minor", tree::Device{character, 259, 256}},
        {"fifo", tree::Fifo{}},
        {"socket", tree::Socket{}},
    };
    for (const auto& [name, node] : nodes) {
        directory.entries.push_back(
            entry(name, node, {.mode = 06600, .gid = 0xFFFFFFFE, .mtime = {-1, 999'999'999}})
        );
        directory.entries.push_back(linked(entry(name + " twin", node), "/special/" + name));
        directory.entries.push_back(linked(entry(name + " triplet", node), "/special/" + name));
    }
    return objects.add(directory);
}

inline Digest add_files(MemoryObjects& objects) {
    tree::Directory directory{
        .attributes = {.mode = 0700, .mtime = {-2'208'988'800, 1}}, .entries = {}};
    for (const std::size_t size : {0, 1, 4095, 4096, 4097, 262'144, 262'145, 3'000'000}) {
        const auto file = objects.add_file(random_text(size, 5));
        const auto name = std::to_string(size);
        directory.entries.push_back(entry(name, file, {.mtime = {253'402'300'800, 5}}));
        directory.entries.push_back(entry(name + " again", file, {.mode = 04755}));
        directory.entries.push_back(linked(entry(name + " x", file), "/files/" + name + " x"));
        directory.entries.push_back(linked(entry(name + " y", file), "/files/" + name + " x"));
    }
    std::string sparse(5'000'000, '\0');
    sparse[2'500'000] = 'x';
    directory.entries.push_back(entry("sparse", objects.add_file(sparse)));
    return objects.add(directory);
}

inline Digest add_xattrs(MemoryObjects& objects) {
    tree::Directory directory{
        .attributes =
            {.mode = 0755,
             .xattrs =
                 {{"security.selinux", "system_u:object_r:etc_t:s0"},
                  {"system.posix_acl_access", acl(1)},
                  {"system.posix_acl_default", acl(2)}}},
        .entries = {}};
    const auto file = objects.add_file("with attributes");
    const auto add = [&](std::string name, std::vector<tree::Xattr> xattrs) {
        directory.entries.push_back(entry(std::move(name), file, {.xattrs = std::move(xattrs)}));
    };
    for (int i = 0; i < 40; ++i) {
        add("label " + std::to_string(i), {{"security.selinux", "system_u:object_r:etc_t:s0"}});
        add("own " + std::to_string(i), {{"user.number", std::to_string(i)}});
    }
    add("capable", {capability()});
    add("acl", {{"system.posix_acl_access", acl(1000)}, {"user.a", ""}});
    add("acl again", {{"system.posix_acl_access", acl(1000)}, {"user.b", std::string(3, '\0')}});
    for (const std::size_t size : {900, 1500, 4096, 65535}) {
        add("large " + std::to_string(size), {{"user.large", random_text(size, 6)}});
    }
    std::vector<tree::Xattr> many;
    for (int i = 0; i < 300; ++i) {
        many.push_back({"user.shared " + std::to_string(i), random_text(30, 7)});
    }
    add("many", many);
    many.push_back({"trusted.one more", "x"});
    add("many more", many);
    return objects.add(directory);
}

inline Digest add_wide_and_deep(MemoryObjects& objects, int entries, int levels) {
    tree::Directory wide{.attributes = {.mode = 0755}, .entries = {}};
    for (int i = 0; i < entries; ++i) {
        wide.entries.push_back(entry("entry number " + std::to_string(i), tree::File{}));
    }
    tree::Directory deep{.attributes = {.mode = 0755}, .entries = {}};
    auto below = objects.add(deep);
    for (int i = 0; i < levels; ++i) {
        deep.entries = {entry("d", tree::Subdirectory{below})};
        below = objects.add(deep);
    }
    tree::Directory both{.attributes = {.mode = 0755}, .entries = {}};
    both.entries.push_back(entry("wide", tree::Subdirectory{objects.add(wide)}));
    both.entries.push_back(entry("deep", tree::Subdirectory{below}));
    return objects.add(both);
}

/// One of everything that an image can show.
inline Digest add_tree_of_everything(MemoryObjects& objects, int entries = 1000, int levels = 30) {
    tree::Directory root{
        .attributes = {.mode = 0755, .mtime = {1'700'000'000, 123'456'789}}, .entries = {}};
    const auto add = [&](std::string name, const Digest& directory) {
        root.entries.push_back(entry(std::move(name), tree::Subdirectory{directory}));
    };
    add("names", add_names_tree(objects));
    add("symlinks", add_symlinks(objects));
    add("special", add_special_files(objects));
    add("files", add_files(objects));
    add("xattrs", add_xattrs(objects));
    add("wide and deep", add_wide_and_deep(objects, entries, levels));
    add("empty", objects.add(tree::Directory{.attributes = {.mode = 0555}, .entries = {}}));
    add("empty too", objects.add(tree::Directory{.attributes = {.mode = 0555}, .entries = {}}));
    root.entries.push_back(linked(entry("soft", tree::Symlink{"empty"}, {.mode = 0777}), "/soft"));
    root.entries.push_back(
        linked(entry("soft two", tree::Symlink{"empty"}, {.mode = 0777}), "/soft")
    );
    return objects.add(root);
}

/// A directory of random entries and, down to `levels`, random directories below it.
inline Digest add_random_tree(MemoryObjects& objects, std::minstd_rand& random, int levels) {
    const auto up_to = [&random](std::size_t most) { return random() % (most + 1); };
    const auto attributes = [&] {
        tree::Attributes result{
            .mode = static_cast<std::uint32_t>(up_to(07777)),
            .uid = static_cast<std::uint32_t>(random() * 2),
            .mtime = {
                static_cast<std::int64_t>(random()) - (1 << 30),
                static_cast<std::uint32_t>(up_to(999'999'999))}};
        for (auto count = up_to(9); count < 4; ++count) {
            const auto length = up_to(3) == 0 ? up_to(4200) : up_to(3);
            const auto name = (up_to(1) == 0 ? "user." : "trusted.") + std::to_string(count);
            result.xattrs.push_back({name, random_text(length, 1)});
        }
        return result;
    };
    tree::Directory directory{.attributes = attributes(), .entries = {}};
    for (auto count = up_to(levels == 2 || up_to(6) == 0 ? 200 : 20); count > 0; --count) {
        auto name = std::to_string(count) + std::string(up_to(up_to(2) == 0 ? 250 : 9), '-');
        auto xattrs = attributes();
        if (levels > 0 && up_to(9) == 0) {
            const auto below = add_random_tree(objects, random, levels - 1);
            directory.entries.push_back(entry(name, tree::Subdirectory{below}));
        } else if (up_to(3) == 0) {
            std::erase_if(xattrs.xattrs, [](const auto& one) {
                return one.name.starts_with("user.");
            });
            xattrs.mode = 0777;
            const tree::Symlink link{random_text(1 + up_to(up_to(1) == 0 ? 4094 : 50), 2)};
            directory.entries.push_back(entry(name, link, xattrs));
        } else {
            const auto file = objects.add_file(random_text(up_to(9000), 3));
            directory.entries.push_back(entry(name, file, xattrs));
        }
    }
    return objects.add(directory);
}

} // namespace slipway::image
