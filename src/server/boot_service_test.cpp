#include "server/boot_service.h"

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "formats/scan.h"
#include "server/test_repository.h"
#include "store/ingestion.h"

namespace slipway::server {
namespace {

using testing::HasSubstr;

net::Request request_of(const std::string& path) {
    net::Request request;
    request.method = "GET";
    request.path = path;
    request.fields["Host"] = "server:8080";
    return request;
}

std::string text_of(const net::Response& response) {
    return std::string(as_text(*std::get<std::shared_ptr<const Buffer>>(response.body)));
}

struct Fixture {
    TestRepository made;
    Digest commit = made.commit_tree("main", 1);
    store::Repository repository = made.open();

    BootService service(const std::string& branch = {}) {
        BootOptions options;
        options.branch = branch;
        options.client = options.busybox;
        return {repository, made.scratch() / "cache", options};
    }
};

std::string refusal(BootService& service, const std::string& path) {
    try {
        service.answer(request_of(path));
    } catch (const Error& error) {
        EXPECT_EQ(error.fault(), Fault::not_found) << error.report();
        return error.report();
    }
    return "nothing was refused";
}

TEST(BootService, refuses_what_is_not_there) {
    Fixture fixture;
    auto service = fixture.service();
    const auto zero = Digest().hex();
    EXPECT_THAT(refusal(service, "/boot/" + zero + "/kernel"), HasSubstr("no commit"));
    EXPECT_THAT(refusal(service, "/boot/" + zero + "/initramfs"), HasSubstr("no commit"));
    EXPECT_THAT(
        refusal(service, "/boot/" + fixture.made.tree.hex() + "/kernel"), HasSubstr("no commit")
    );
    EXPECT_THAT(
        refusal(service, "/boot/" + fixture.commit.hex() + "/other"), HasSubstr("there is no")
    );
    EXPECT_THAT(refusal(service, "/boot/abc/kernel"), HasSubstr("there is no"));
    EXPECT_THAT(refusal(service, "/bootless"), HasSubstr("there is no"));
}

TEST(BootService, says_that_a_commit_has_no_kernel) {
    Fixture fixture;
    auto service = fixture.service();
    for (const auto* const name : {"/kernel", "/initramfs"}) {
        const auto text = refusal(service, "/boot/" + fixture.commit.hex() + name);
        EXPECT_THAT(text, HasSubstr("no kernel in the tree"));
        EXPECT_THAT(text, HasSubstr("install a kernel"));
    }
}

TEST(BootService, names_the_exact_commit_in_the_script) {
    Fixture fixture;
    auto service = fixture.service();
    const auto script = text_of(service.answer(request_of("/boot/script")));
    EXPECT_THAT(script, HasSubstr("/boot/" + fixture.commit.hex() + "/kernel"));
    EXPECT_THAT(script, HasSubstr("slipway.commit=" + fixture.commit.hex()));
    EXPECT_THAT(text_of(service.answer(request_of("/boot.ipxe"))), HasSubstr("#!ipxe"));
}

TEST(BootService, tells_the_machine_why_there_is_nothing_to_boot) {
    Fixture fixture;
    auto none = fixture.service("absent");
    EXPECT_THAT(text_of(none.answer(request_of("/boot/script"))), HasSubstr("no branch absent"));
    fixture.made.commit_tree("second", 1, 3);
    auto several = fixture.service();
    EXPECT_THAT(text_of(several.answer(request_of("/boot/script"))), HasSubstr("several branches"));
}

/// A commit of what a machine with three network drivers needs to boot.
Digest commit_system(const TestRepository& made) {
    const auto root = made.scratch() / "system";
    const auto write = [&](const std::string& path, std::string_view text) {
        std::filesystem::create_directories((root / path).parent_path());
        replace_file(root / path, as_bytes(text));
    };
    const std::string modules = "usr/lib/modules/6.1/";
    const std::string cards = "kernel/drivers/net/ethernet/";
    write("boot/vmlinuz-6.1", "kernel");
    std::string dep;
    for (const auto& path :
         {std::string("kernel/erofs.ko"),
          std::string("kernel/overlay.ko"),
          std::string("kernel/nbd.ko"),
          cards + "e1000.ko",
          cards + "r8169.ko",
          cards + "tg3.ko"}) {
        write(modules + path, "module " + path);
        dep += path + ":\n";
    }
    write(modules + "modules.dep", dep);
    write(
        modules + "modules.alias",
        "alias pci:v00008086d0000100Esv*sd*bc*sc*i* e1000\n"
        "alias pci:v00008086d0000100Fsv*sd*bc*sc*i* e1000\n"
        "alias pci:v000010ECd00008168sv*sd*bc*sc*i* r8169\n"
    );
    store::Repository repository(made.root(), store::Access::read_write);
    store::Ingestion ingestion(repository, {});
    formats::StatCache cache;
    tree::Commit commit;
    commit.tree = formats::scan(root, {}, ingestion, cache, silent_reporter()).tree;
    commit.author = "test";
    const auto id = ingestion.add_object(tree::Kind::commit, tree::encode(commit));
    ingestion.finish();
    return id;
}

TEST(BootService, makes_one_initramfs_for_all_cards_with_the_same_drivers) {
    const TestRepository made;
    const auto commit = commit_system(made);
    const auto repository = made.open();
    BootOptions options;
    options.client = options.busybox;
    BootService service(repository, made.scratch() / "cache", options);
    const auto name_for = [&](const std::string& bus_id) {
        auto request = request_of("/boot/" + commit.hex() + "/initramfs");
        request.query["busid"] = bus_id;
        return service.answer(request).etag;
    };
    const auto e1000 = name_for("018086100e");
    EXPECT_EQ(name_for("018086100f"), e1000);
    EXPECT_EQ(name_for("018086100E"), e1000);
    EXPECT_NE(name_for("0110ec8168"), e1000);
    const auto all = name_for("");
    EXPECT_NE(all, e1000);
    EXPECT_EQ(name_for("0112345678"), all) << "nothing serves that card: any driver may";
    EXPECT_EQ(name_for("nonsense"), all);
    const auto kept = std::filesystem::directory_iterator(made.scratch() / "cache/boot");
    EXPECT_EQ(std::distance(begin(kept), end(kept)), 3);
}

TEST(FileCache, makes_a_file_once_for_all_who_ask_at_the_same_time) {
    const TemporaryDirectory directory;
    FileCache cache(directory.path() / "cache", 1000);
    std::atomic<int> made = 0;
    std::atomic<int> right = 0;
    {
        std::vector<std::jthread> askers;
        for (int i = 0; i < 8; ++i) {
            askers.emplace_back([&] {
                const auto file = cache.get("name", [&](Sink& out) {
                    ++made;
                    out.write(as_bytes("content"));
                });
                right += as_text(read_all(*file, 100)) == "content" ? 1 : 0;
            });
        }
    }
    EXPECT_EQ(made, 1);
    EXPECT_EQ(right, 8);
}

TEST(FileCache, keeps_nothing_of_what_could_not_be_made) {
    const TemporaryDirectory directory;
    FileCache cache(directory.path(), 1000);
    EXPECT_THROW(
        cache.get(
            "name",
            [](Sink& out) {
                out.write(as_bytes("half"));
                throw Error(Fault::unavailable, "no more");
            }
        ),
        Error
    );
    const auto file = cache.get("name", [](Sink& out) { out.write(as_bytes("whole")); });
    EXPECT_EQ(as_text(read_all(*file, 100)), "whole");
}

std::vector<std::string> names_in(const std::filesystem::path& directory) {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(directory)) {
        names.push_back(entry.path().filename().native());
    }
    return names;
}

TEST(FileCache, drops_what_was_asked_for_longest_ago) {
    const TemporaryDirectory directory;
    FileCache cache(directory.path(), 25);
    const auto ten_bytes = [](Sink& out) { out.write(as_bytes("0123456789")); };
    const auto age = [&](const std::string& name, int seconds) {
        std::filesystem::last_write_time(
            directory.path() / name,
            std::filesystem::file_time_type::clock::now() - std::chrono::seconds(seconds)
        );
    };
    cache.get("a", ten_bytes);
    cache.get("b", ten_bytes);
    age("a", 60);
    age("b", 50);
    cache.get("a", ten_bytes);
    const auto open = cache.get("b", ten_bytes);
    age("b", 40);
    cache.get("c", ten_bytes);
    EXPECT_THAT(names_in(directory.path()), testing::UnorderedElementsAre("a", "c"));
    EXPECT_EQ(as_text(read_all(*open, 100)), "0123456789");
    cache.get("large", [](Sink& out) { out.write(Buffer(100)); });
    EXPECT_THAT(names_in(directory.path()), testing::ElementsAre("large"));
}

TEST(FileCache, removes_older_states_of_what_it_makes) {
    const TemporaryDirectory directory;
    FileCache cache(directory.path(), 1000);
    const auto empty = [](Sink&) {};
    cache.get("x.places-1", empty);
    cache.get("y.places-1", empty);
    cache.get("x.places-2", empty, "x.places-");
    EXPECT_THAT(
        names_in(directory.path()), testing::UnorderedElementsAre("x.places-2", "y.places-1")
    );
}

} // namespace
} // namespace slipway::server
