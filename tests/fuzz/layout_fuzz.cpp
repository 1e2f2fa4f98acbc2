// uses: image tree base
// Any directory objects give a layout that adds up, or are refused.
//
// The input is objects, each after its length in two bytes. A digest means the object whose number
// is the digest's first byte, so that directories may contain each other and themselves.
#include <vector>

#include "fuzz.h"
#include "image/image.h"

namespace {

using namespace slipway;

class NumberedObjects final : public Contents {
public:
    explicit NumberedObjects(ConstBytes input) {
        while (input.size() > 2) {
            const auto length = std::min<std::size_t>(load_u16(input), input.size() - 2);
            objects_.push_back(to_buffer(input.subspan(2, length)));
            input = input.subspan(2 + length);
        }
    }

    std::unique_ptr<Blob> open(const Digest& id) const override {
        constexpr std::size_t enough = 300;
        if (objects_.empty() || ++opened_ > enough) {
            return nullptr;
        }
        return std::make_unique<MemoryBlob>(objects_[id.bytes[0] % objects_.size()]);
    }

private:
    std::vector<Buffer> objects_;
    mutable std::size_t opened_ = 0;
};

void check(const image::Layout& layout) {
    constexpr std::uint64_t block = 4096;
    fuzz::require(layout.metadata->size() % block == 0 && layout.map.size() % block == 0);
    auto end = layout.metadata->size();
    for (const auto& file : layout.files) {
        fuzz::require(file.size > 0);
        const auto extents = layout.map.cover(end, file.size);
        fuzz::require(extents.size() == 1);
        end += (file.size + block - 1) / block * block;
    }
    fuzz::require(end == layout.map.size());
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const NumberedObjects objects(fuzz::input(data, size));
    try {
        const auto layout = image::make_layout(objects, Digest());
        check(layout);
        const auto again = image::make_layout(NumberedObjects(fuzz::input(data, size)), Digest());
        fuzz::require(*layout.metadata == *again.metadata);
    } catch (const Error& error) {
        fuzz::require(error.fault() != Fault::internal && error.fault() != Fault::unavailable);
    }
    return 0;
}
