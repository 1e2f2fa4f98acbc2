#include "server/api/lease_service.h"

#include <ctime>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "server/test_repository.h"
#include "sync/lease_keeper.h"
#include "sync/records.h"

namespace slipway::server {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

struct LeaseRequests : testing::Test {
    TestRepository origin;
    Digest commit = origin.commit_tree("main", 1);
    store::Repository repository = origin.open();
    LeaseService service{repository};

    net::Response ask(const std::string& body) {
        net::Request request;
        request.method = "POST";
        request.path = "/v1/leases";
        request.body = to_buffer(as_bytes(body));
        return service.answer(request);
    }

    Fault fault_of(const std::string& body) {
        try {
            ask(body);
        } catch (const Error& error) {
            return error.fault();
        }
        return Fault::internal;
    }
};

TEST_F(LeaseRequests, are_granted_for_a_commit_that_is_here) {
    EXPECT_EQ(ask(sync::encode_lease({"host", commit, 3600})).status, 200);
    const auto leases = repository.leases().list();
    ASSERT_THAT(leases, SizeIs(1));
    EXPECT_EQ(leases.front().commit, commit);
    EXPECT_GT(leases.front().until, std::time(nullptr) + 3000);
}

TEST_F(LeaseRequests, are_granted_for_a_week_at_most) {
    ask(sync::encode_lease({"host", commit, 1'000'000'000}));
    EXPECT_LE(
        repository.leases().list().front().until, std::time(nullptr) + store::longest_lease_seconds
    );
}

TEST_F(LeaseRequests, of_no_seconds_end_a_lease) {
    ask(sync::encode_lease({"host", commit, 3600}));
    ask(sync::encode_lease({"host", commit, 0}));
    EXPECT_THAT(repository.leases().list(), IsEmpty());
}

TEST_F(LeaseRequests, are_refused_for_what_is_not_a_commit_here) {
    EXPECT_EQ(
        fault_of(sync::encode_lease({"host", sha256(as_bytes("other")), 3600})), Fault::not_found
    );
    EXPECT_EQ(fault_of(sync::encode_lease({"host", origin.tree, 3600})), Fault::not_found);
    EXPECT_EQ(fault_of("nonsense"), Fault::usage);
}

TEST_F(LeaseRequests, come_from_a_keeper_and_end_with_it) {
    const net::Server server({.port = 0, .threads = 2}, [&](const net::Request& request) {
        return service.answer(request);
    });
    {
        const sync::LeaseKeeper keeper(
            {{.host = "127.0.0.1", .port = server.port()}}, commit, silent_reporter()
        );
        while (repository.leases().list().empty()) {
            std::this_thread::yield();
        }
        EXPECT_EQ(repository.leases().list().front().holder, keeper.holder());
    }
    EXPECT_THAT(repository.leases().list(), IsEmpty());
}

} // namespace
} // namespace slipway::server
