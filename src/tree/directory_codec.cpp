// The encoding of directories (docs/format/objects.md, "Directory").
#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "tree/codec.h"
#include "tree/rules.h"

namespace slipway::tree {

namespace {

constexpr std::string_view magic = "slipway directory 1\n";
constexpr std::size_t digest_size = sizeof(Digest::bytes);

constexpr std::uint8_t type_file = 0;
constexpr std::uint8_t type_directory = 1;
constexpr std::uint8_t type_symlink = 2;
constexpr std::uint8_t type_character = 3;
constexpr std::uint8_t type_block = 4;
constexpr std::uint8_t type_fifo = 5;
constexpr std::uint8_t type_socket = 6;
constexpr std::uint8_t has_link = 0x80;

struct TypeOf {
    std::uint8_t operator()(const File&) const { return type_file; }

    std::uint8_t operator()(const Subdirectory&) const { return type_directory; }

    std::uint8_t operator()(const Symlink&) const { return type_symlink; }

    std::uint8_t operator()(const Device& device) const {
        return device.kind == DeviceKind::character ? type_character : type_block;
    }

    std::uint8_t operator()(const Fifo&) const { return type_fifo; }

    std::uint8_t operator()(const Socket&) const { return type_socket; }
};

struct WriteNode {
    ByteWriter& writer;

    void operator()(const File& file) const {
        writer.varint(file.size);
        if (file.size > 0) {
            writer.bytes(file.content.view());
        }
    }

    void operator()(const Subdirectory& node) const { writer.bytes(node.directory.view()); }

    void operator()(const Symlink& symlink) const { writer.counted(as_bytes(symlink.target)); }

    void operator()(const Device& device) const {
        writer.varint(device.major);
        writer.varint(device.minor);
    }

    void operator()(const Fifo&) const {}

    void operator()(const Socket&) const {}
};

void write_attributes(ByteWriter& writer, const Attributes& attributes) {
    writer.varint(attributes.mode);
    writer.varint(attributes.uid);
    writer.varint(attributes.gid);
    writer.signed_varint(attributes.mtime.seconds);
    writer.varint(attributes.mtime.nanoseconds);
    writer.varint(attributes.xattrs.size());
    for (const auto& xattr : attributes.xattrs) {
        writer.counted(as_bytes(xattr.name));
        writer.counted(as_bytes(xattr.value));
    }
}

void write_entry(ByteWriter& writer, const Entry& entry) {
    writer.counted(as_bytes(entry.name));
    const auto type = std::visit(TypeOf{}, entry.node);
    writer.u8(entry.link ? type | has_link : type);
    if (entry.link) {
        writer.bytes(std::as_bytes(std::span(entry.link->bytes)));
    }
    if (type != type_directory) {
        write_attributes(writer, entry.attributes);
    }
    std::visit(WriteNode{writer}, entry.node);
}

std::uint32_t read_u32(ByteReader& reader) {
    const auto value = reader.varint();
    if (value > std::numeric_limits<std::uint32_t>::max()) {
        throw Error(Fault::corrupt, fmt::format("{} is over 32 bits", value));
    }
    return static_cast<std::uint32_t>(value);
}

std::string read_text(ByteReader& reader, std::size_t limit) {
    return std::string(as_text(reader.counted(limit)));
}

Digest read_digest(ByteReader& reader) {
    return Digest::from_bytes(reader.bytes(digest_size));
}

Attributes read_attributes(ByteReader& reader) {
    Attributes attributes;
    attributes.mode = read_u32(reader);
    attributes.uid = read_u32(reader);
    attributes.gid = read_u32(reader);
    attributes.mtime.seconds = reader.signed_varint();
    attributes.mtime.nanoseconds = read_u32(reader);
    for (auto left = reader.varint(); left != 0; --left) {
        auto name = read_text(reader, longest_xattr_name);
        attributes.xattrs.push_back({std::move(name), read_text(reader, longest_xattr_value)});
    }
    return attributes;
}

File read_file_node(ByteReader& reader) {
    File file;
    file.size = reader.varint();
    if (file.size > 0) {
        file.content = read_digest(reader);
    }
    return file;
}

Device read_device(ByteReader& reader, DeviceKind kind) {
    const auto major = read_u32(reader);
    return {kind, major, read_u32(reader)};
}

Node read_node(ByteReader& reader, std::uint8_t type) {
    switch (type) {
    case type_file:
        return read_file_node(reader);
    case type_directory:
        return Subdirectory{read_digest(reader)};
    case type_symlink:
        return Symlink{read_text(reader, longest_target)};
    case type_character:
        return read_device(reader, DeviceKind::character);
    case type_block:
        return read_device(reader, DeviceKind::block);
    case type_fifo:
        return Fifo{};
    case type_socket:
        return Socket{};
    default:
        throw Error(Fault::corrupt, fmt::format("entry of unknown type {}", type));
    }
}

LinkId read_link(ByteReader& reader) {
    LinkId id;
    const auto raw = reader.bytes(id.bytes.size());
    std::copy(raw.begin(), raw.end(), std::as_writable_bytes(std::span(id.bytes)).begin());
    return id;
}

Entry read_entry(ByteReader& reader) {
    Entry entry;
    entry.name = read_text(reader, longest_name);
    const auto flags = reader.u8();
    const auto type = static_cast<std::uint8_t>(flags & ~has_link);
    if ((flags & has_link) != 0) {
        entry.link = read_link(reader);
    }
    if (type != type_directory) {
        entry.attributes = read_attributes(reader);
    }
    entry.node = read_node(reader, type);
    return entry;
}

} // namespace

Buffer encode(const Directory& directory) {
    check(directory, Fault::usage);
    ByteWriter writer;
    writer.text(magic);
    write_attributes(writer, directory.attributes);
    writer.varint(directory.entries.size());
    for (const auto& entry : directory.entries) {
        write_entry(writer, entry);
    }
    if (writer.size() > largest_object) {
        throw Error(
            Fault::usage,
            fmt::format("a directory of {} entries is too large", directory.entries.size())
        );
    }
    return std::move(writer).take();
}

Directory decode_directory(ConstBytes bytes) {
    if (bytes.size() > largest_object) {
        throw Error(Fault::corrupt, fmt::format("a directory has {} bytes", bytes.size()));
    }
    ByteReader reader(bytes);
    reader.expect(magic, "directory");
    Directory directory;
    directory.attributes = read_attributes(reader);
    for (auto left = reader.varint(); left != 0; --left) {
        directory.entries.push_back(read_entry(reader));
    }
    reader.finish("directory");
    check(directory, Fault::corrupt);
    return directory;
}

} // namespace slipway::tree
