#include "formats/images/squashfs_input.h"

#include <utility>

#include <fmt/format.h>
#include <sqfs/error.h>

#include "base/error.h"

namespace slipway::formats {

void damaged_squashfs(std::string_view what) {
    throw Error(Fault::corrupt, fmt::format("the squashfs image is damaged: {}", what));
}

SquashfsInput::SquashfsInput(const Blob& image) : image_(image) {
    static_assert(std::is_standard_layout_v<Handle>);
    handle_.input = this;
    handle_.file.base.destroy = [](sqfs_object_t*) {};
    handle_.file.read_at = [](sqfs_file_t* file, sqfs_u64 offset, void* buffer, std::size_t size) {
        return input_of(file).read(offset, {static_cast<std::byte*>(buffer), size});
    };
    handle_.file.get_size = [](const sqfs_file_t* file) {
        return sqfs_u64{input_of(file).image_.size()};
    };
}

SquashfsInput& SquashfsInput::input_of(const sqfs_file_t* file) {
    return *reinterpret_cast<const Handle*>(file)->input;
}

int SquashfsInput::read(std::uint64_t offset, Bytes buffer) noexcept {
    if (offset > image_.size() || buffer.size() > image_.size() - offset) {
        return SQFS_ERROR_OUT_OF_BOUNDS;
    }
    try {
        image_.read_at(offset, buffer);
        return 0;
    } catch (...) {
        error_ = std::current_exception();
        return SQFS_ERROR_IO;
    }
}

void SquashfsInput::check(int result, std::string_view what) {
    if (error_) {
        std::rethrow_exception(std::exchange(error_, nullptr));
    }
    if (result != 0) {
        damaged_squashfs(what);
    }
}

std::string SquashfsInput::text(sqfs_meta_reader_t* reader, std::size_t size) {
    std::string read(size, '\0');
    check(sqfs_meta_reader_read(reader, read.data(), size), "a text is cut off");
    return read;
}

} // namespace slipway::formats
