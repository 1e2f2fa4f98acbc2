// What libsquashfs reads, and what it is asked for.
#pragma once

#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>

#include <sqfs/io.h>
#include <sqfs/meta_reader.h>

#include "base/stream.h"

namespace slipway::formats {

[[noreturn]] void damaged_squashfs(std::string_view what);

struct FreeSquashfsObject {
    void operator()(void* object) const { sqfs_destroy(object); }
};

template <typename Object>
using SquashfsObject = std::unique_ptr<Object, FreeSquashfsObject>;

/// A Blob as libsquashfs reads files. What the Blob throws waits until the library has returned.
/// One thread.
class SquashfsInput {
public:
    /// `image` outlives it.
    explicit SquashfsInput(const Blob& image);
    SquashfsInput(const SquashfsInput&) = delete;
    SquashfsInput& operator=(const SquashfsInput&) = delete;

    sqfs_file_t* file() { return &handle_.file; }

    /// Throws what the Blob has thrown, or Fault::corrupt with `what` if `result` is an error.
    void check(int result, std::string_view what);

    /// The next bytes of a metadata reader as a record, and as a text.
    template <typename Record>
    Record record(sqfs_meta_reader_t* reader) {
        static_assert(std::is_trivially_copyable_v<Record>);
        Record value{};
        check(sqfs_meta_reader_read(reader, &value, sizeof(value)), "a record is cut off");
        return value;
    }

    std::string text(sqfs_meta_reader_t* reader, std::size_t size);

private:
    /// The library gets a pointer to its first member.
    struct Handle {
        sqfs_file_t file{};
        SquashfsInput* input = nullptr;
    };

    static SquashfsInput& input_of(const sqfs_file_t* file);
    int read(std::uint64_t offset, Bytes buffer) noexcept;

    const Blob& image_;
    Handle handle_;
    std::exception_ptr error_;
};

} // namespace slipway::formats
