// Writing single entries of a tree into an open directory, with everything that is kept of them.
#pragma once

#include <cstdint>

#include "base/file.h"
#include "base/stream.h"
#include "formats/checkout.h"
#include "formats/open_directories.h"
#include "tree/objects.h"

namespace slipway::formats {

/// Makes new entries only, never follows a link. Any thread, each with its own buffer.
class FileWriter {
public:
    struct Options {
        CheckoutOptions::Ownership ownership = CheckoutOptions::Ownership::keep;
        std::uint32_t new_uid = 0; ///< owner that new entries get by themselves
        std::uint32_t new_gid = 0;
    };

    FileWriter(const Contents& contents, OpenDirectories& directories, Options options)
        : contents_(contents), directories_(directories), options_(options) {}

    /// A regular file with its content.
    void write_file(OpenDirectories::Id folder, const tree::Entry& entry, Buffer& buffer) const;

    /// A symbolic link, device, fifo or socket.
    void make_special(OpenDirectories::Id folder, const tree::Entry& entry) const;

    /// A directory, to be filled; its attributes come when that is done.
    void make_directory(OpenDirectories::Id folder, const std::string& name) const;
    void finish_directory(OpenDirectories::Id id, const tree::Attributes& attributes) const;

    /// Another name for the file `name` in `folder`.
    struct Place {
        OpenDirectories::Id folder = 0;
        std::string name;
    };

    void link(const Place& first, const Place& other) const;

private:
    struct Target;

    void write_content(const Target& target, const tree::File& file, Buffer& buffer) const;
    bool write_runs(const Target& target, const tree::File& file, Buffer& buffer) const;
    bool write_chunk(const Target& target, std::uint64_t offset, ConstBytes bytes) const;
    void read_chunk(const Digest& id, std::uint64_t size, Buffer& buffer) const;
    void set_attributes(const Target& target, const tree::Attributes& attributes) const;
    static void set_owner(const Target& target, const tree::Attributes& attributes);
    void set_xattrs(const Target& target, const tree::Attributes& attributes) const;

    const Contents& contents_;
    OpenDirectories& directories_;
    const Options options_;
};

} // namespace slipway::formats
