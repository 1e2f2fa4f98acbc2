#include "mount/nbd_server.h"

#include <array>
#include <cerrno>
#include <future>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/nbd.h>
#include <sys/socket.h>

#include "mount/testing.h"

namespace slipway::mount {
namespace {

using testing::ElementsAreArray;
using testing::HasSubstr;

constexpr std::size_t image_size = 1U << 20U;

void append_big(Buffer& buffer, std::uint64_t value, int bytes) {
    for (int i = bytes - 1; i >= 0; --i) {
        buffer.push_back(static_cast<std::byte>(value >> (8U * static_cast<unsigned>(i))));
    }
}

Buffer encoded(const NbdRequest& request) {
    Buffer bytes;
    append_big(bytes, NBD_REQUEST_MAGIC, 4);
    append_big(bytes, request.command, 4);
    append_big(bytes, request.handle, 8);
    append_big(bytes, request.offset, 8);
    append_big(bytes, request.length, 4);
    return bytes;
}

struct Reply {
    std::uint32_t error = 0;
    std::uint64_t handle = 0;
};

/// Plays the kernel at the other end of a real socket.
class NbdServerTest : public testing::Test {
protected:
    NbdServerTest() {
        std::array<int, 2> ends = {};
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
            throw_errno("cannot make a socket pair");
        }
        kernel_ = FileDescriptor(ends[0]);
        server_ = FileDescriptor(ends[1]);
        end_ =
            std::async(std::launch::async, [this] { return serve_nbd(view_, server_.get(), 4); });
    }

    ~NbdServerTest() override {
        moody_.open();
        kernel_ = {};
    }

    void send_bytes(ConstBytes bytes) { write_all(kernel_.get(), bytes, "the socket"); }

    void send_request(const NbdRequest& request) { send_bytes(encoded(request)); }

    Reply receive_reply() {
        const auto bytes = receive(nbd_reply_size);
        EXPECT_EQ(load_big(ConstBytes(bytes).first(4)), NBD_REPLY_MAGIC);
        const auto rest = ConstBytes(bytes).subspan(4);
        return {static_cast<std::uint32_t>(load_big(rest.first(4))), load_big(rest.subspan(4))};
    }

    Buffer receive(std::size_t size) {
        Buffer bytes(size);
        bytes.resize(read_some(kernel_.get(), bytes, "the socket"));
        return bytes;
    }

    ConstBytes image_at(std::size_t offset, std::size_t length) const {
        return ConstBytes(bytes_).subspan(offset, length);
    }

    static std::uint64_t load_big(ConstBytes bytes) {
        std::uint64_t value = 0;
        for (const auto byte : bytes) {
            value = value << 8U | static_cast<std::uint64_t>(byte);
        }
        return value;
    }

    Buffer bytes_ = patterned(image_size);
    MemoryBlob image_{bytes_};
    MoodyBlob moody_{image_};
    NotingReporter reporter_;
    DeviceView view_{moody_, reporter_};
    FileDescriptor kernel_;
    FileDescriptor server_;
    std::future<NbdEnd> end_;
};

TEST_F(NbdServerTest, AnswersAReadWithItsBytes) {
    send_request({NBD_CMD_READ, 0x1122334455667788, 4096, 8192});
    const auto reply = receive_reply();
    EXPECT_EQ(reply.error, 0);
    EXPECT_EQ(reply.handle, 0x1122334455667788);
    EXPECT_THAT(receive(8192), ElementsAreArray(image_at(4096, 8192)));
}

TEST_F(NbdServerTest, AnswersManyReadsEachByItsHandle) {
    for (std::uint64_t i = 0; i < 64; ++i) {
        send_request({NBD_CMD_READ, i, i * 4096, 512});
    }
    std::map<std::uint64_t, int> seen;
    for (int i = 0; i < 64; ++i) {
        const auto reply = receive_reply();
        ++seen[reply.handle];
        EXPECT_THAT(receive(512), ElementsAreArray(image_at(reply.handle * 4096, 512)));
    }
    EXPECT_EQ(seen.size(), 64);
}

TEST_F(NbdServerTest, HasManyReadsUnderWayAtOnce) {
    moody_.shut();
    for (std::uint64_t i = 0; i < 4; ++i) {
        send_request({NBD_CMD_READ, i, 0, 512});
    }
    moody_.wait_for_readers(4);
    moody_.open();
    for (int i = 0; i < 4; ++i) {
        EXPECT_EQ(receive_reply().error, 0);
        receive(512);
    }
}

TEST_F(NbdServerTest, AnswersAReadLongerThanUsual) {
    send_request({NBD_CMD_READ, 1, 0, image_size});
    EXPECT_EQ(receive_reply().error, 0);
    EXPECT_EQ(receive(image_size), bytes_);
}

TEST_F(NbdServerTest, RefusesAReadPastTheEndAndGoesOn) {
    send_request({NBD_CMD_READ, 1, image_size - 512, 1024});
    EXPECT_EQ(receive_reply().error, EINVAL);
    send_request({NBD_CMD_READ, 2, 0xFFFFFFFFFFFFFE00, 1024});
    EXPECT_EQ(receive_reply().error, EINVAL);
    send_request({NBD_CMD_READ, 3, 0, 512});
    EXPECT_EQ(receive_reply().error, 0);
}

TEST_F(NbdServerTest, RefusesWritesAndReadsPastTheirBytes) {
    send_request({NBD_CMD_WRITE, 1, 0, 5000});
    send_bytes(Buffer(5000));
    EXPECT_EQ(receive_reply().error, EPERM);
    send_request({NBD_CMD_TRIM, 2, 0, 4096});
    EXPECT_EQ(receive_reply().error, EPERM);
    send_request({NBD_CMD_FLUSH, 3, 0, 0});
    EXPECT_EQ(receive_reply().error, 0);
    send_request({77, 4, 0, 0});
    EXPECT_EQ(receive_reply().error, EINVAL);
}

TEST_F(NbdServerTest, AnswersAReadThatThrowsWithAnInputOutputError) {
    moody_.fail(true);
    send_request({NBD_CMD_READ, 1, 0, 512});
    EXPECT_EQ(receive_reply().error, EIO);
    EXPECT_THAT(reporter_.notices(), ElementsAreArray({HasSubstr("bad mood")}));
}

TEST_F(NbdServerTest, EndsWhenTheKernelSaysSo) {
    send_request({NBD_CMD_DISC, 0, 0, 0});
    EXPECT_EQ(end_.get(), NbdEnd::disconnected);
}

TEST_F(NbdServerTest, EndsWhenTheSocketCloses) {
    send_bytes(Buffer(5)); // in the middle of a request
    kernel_ = {};
    EXPECT_EQ(end_.get(), NbdEnd::lost);
}

TEST_F(NbdServerTest, ShutsTheSocketDownOverBytesThatAreNoRequest) {
    send_bytes(Buffer(nbd_request_size));
    EXPECT_THROW(end_.get(), Error);
    EXPECT_EQ(receive(1).size(), 0);
}

TEST(DeviceView, ShowsWholeSectorsWithZerosAtTheEnd) {
    const MemoryBlob image(patterned(1000));
    const DeviceView view(image, silent_reporter());
    EXPECT_EQ(view.block_size(), 512);
    EXPECT_EQ(view.size(), 1024);
    Buffer end(512, std::byte{1});
    ASSERT_TRUE(view.read(512, end));
    EXPECT_TRUE(all_zero(ConstBytes(end).subspan(488)));
    EXPECT_FALSE(all_zero(ConstBytes(end).first(488)));
}

TEST(DeviceView, RefusesAnEmptyImage) {
    EXPECT_THROW(DeviceView(MemoryBlob(Buffer()), silent_reporter()), Error);
}

} // namespace
} // namespace slipway::mount
