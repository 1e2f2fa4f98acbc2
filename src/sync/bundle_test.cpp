#include "sync/bundle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace slipway::sync {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::uint64_t ample = 1ULL << 30U;

class Collected final : public Sink {
public:
    void write(ConstBytes data) override { bytes.insert(bytes.end(), data.begin(), data.end()); }

    void finish() override {}

    Buffer bytes;
};

struct Taken {
    tree::Kind kind = tree::Kind::chunk;
    Digest id;
    std::string object;
    friend bool operator==(const Taken&, const Taken&) = default;
};

Taken taken(tree::Kind kind, const std::string& object) {
    return {kind, sha256(as_bytes(object)), object};
}

Buffer write(const std::vector<Taken>& objects) {
    Collected out;
    BundleWriter writer(out);
    for (const auto& object : objects) {
        writer.add(object.kind, as_bytes(object.object));
    }
    writer.finish();
    return out.bytes;
}

std::vector<Taken> read(ConstBytes bundle, std::uint64_t limit = ample) {
    std::vector<Taken> objects;
    MemorySource source(bundle);
    read_bundle(source, limit, [&](tree::Kind kind, const Digest& id, const Buffer& object) {
        objects.push_back({kind, id, std::string(as_text(object))});
    });
    return objects;
}

/// A bundle of these raw bytes after the magic.
Buffer forged(const ByteWriter& body) {
    Collected out;
    CompressingSink compressed(out, 3);
    compressed.write(as_bytes("slipway bundle 1\n"));
    compressed.write(body.view());
    compressed.finish();
    return out.bytes;
}

std::string refusal(ConstBytes bundle, std::uint64_t limit = ample) {
    try {
        read(bundle, limit);
    } catch (const Error& error) {
        EXPECT_EQ(error.fault(), Fault::corrupt) << error.report();
        return error.what();
    }
    return "nothing was refused";
}

TEST(Bundle, gives_back_what_was_put_in) {
    const auto directory = taken(tree::Kind::directory, "not really a directory");
    const auto empty = taken(tree::Kind::chunk, "");
    const auto commit = taken(tree::Kind::commit, std::string(300'000, 'c'));
    EXPECT_THAT(read(write({directory, empty, commit})), ElementsAre(directory, empty, commit));
    EXPECT_TRUE(read(write({})).empty());
}

TEST(Bundle, truncated_anywhere_is_refused) {
    const auto whole = write({taken(tree::Kind::commit, "one"), taken(tree::Kind::chunk, "two")});
    for (std::size_t size = 0; size < whole.size(); ++size) {
        EXPECT_NE(refusal(ConstBytes(whole).first(size)), "nothing was refused") << size;
    }
}

TEST(Bundle, announcing_more_than_is_there_is_refused) {
    ByteWriter body;
    body.u8(0);
    body.varint(tree::largest_object);
    EXPECT_THAT(refusal(forged(body)), HasSubstr("truncated"));
}

TEST(Bundle, an_object_over_the_limit_of_the_format_is_refused) {
    ByteWriter body;
    body.u8(0);
    body.varint(tree::largest_object + 1);
    EXPECT_THAT(refusal(forged(body)), HasSubstr("bytes"));
}

TEST(Bundle, an_unknown_kind_is_refused) {
    ByteWriter body;
    body.u8(4);
    body.varint(0);
    EXPECT_THAT(refusal(forged(body)), HasSubstr("kind 4"));
}

TEST(Bundle, a_wrong_count_or_bytes_behind_the_end_are_refused) {
    ByteWriter wrong;
    wrong.u8(0xFF);
    wrong.varint(1);
    EXPECT_THAT(refusal(forged(wrong)), HasSubstr("end"));
    ByteWriter longer;
    longer.u8(0xFF);
    longer.varint(0);
    longer.u8(0);
    EXPECT_THAT(refusal(forged(longer)), HasSubstr("end"));
}

TEST(Bundle, few_bytes_that_stand_for_many_are_refused_at_the_limit) {
    const auto bomb = write({taken(tree::Kind::chunk, std::string(8U << 20U, '\0'))});
    EXPECT_LT(bomb.size(), 10'000U);
    EXPECT_THAT(refusal(bomb, 4U << 20U), HasSubstr("more than may be taken"));
    const auto swarm = write(std::vector(100'000, taken(tree::Kind::chunk, "")));
    EXPECT_THAT(refusal(swarm, 1U << 20U), HasSubstr("more than may be taken"));
}

} // namespace
} // namespace slipway::sync
