#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <unistd.h>

#include "base/text.h"
#include "server/api/history.h"
#include "server/api/resources.h"
#include "sync/records.h"
#include "tree/content.h"

namespace slipway::server {

namespace {

/// Copies the body of a response to a file, unless that is there already.
class Publisher {
public:
    Publisher(Resources& resources, std::filesystem::path target)
        : resources_(resources), target_(std::move(target)) {}

    void add(const std::string& path) {
        if (access((target_ / path.substr(1)).c_str(), F_OK) != 0) {
            replace(path);
        }
    }

    void replace(const std::string& path) {
        net::Request request;
        request.method = "GET";
        request.path = path;
        const auto response = resources_.answer(request);
        if (const auto* bytes = std::get_if<std::shared_ptr<const Buffer>>(&response.body)) {
            write(path, MemoryBlob(*bytes));
        } else {
            write(path, *std::get<net::FileBody>(response.body).file);
        }
    }

    void write(const std::string& path, const Blob& from) {
        FileReplacement replacement(place(path));
        copy(from, replacement);
        replacement.finish();
    }

    void write(const std::string& path, const std::string& text) {
        write(path, MemoryBlob(to_buffer(as_bytes(text))));
    }

    /// A hard link where the filesystem allows it.
    void link(const std::filesystem::path& from, const std::string& path) {
        const auto file = place(path);
        if (access(file.c_str(), F_OK) != 0 && ::link(from.c_str(), file.c_str()) != 0) {
            replace(path);
        }
    }

private:
    /// The file for a path; its directory is made at need.
    std::filesystem::path place(const std::string& path) const {
        auto file = target_ / path.substr(1);
        std::error_code error;
        std::filesystem::create_directories(file.parent_path(), error);
        if (error) {
            throw system_error(error.value(), "cannot create " + file.parent_path().native());
        }
        return file;
    }

    static void copy(const Blob& from, Sink& to) {
        constexpr std::size_t step = 1U << 20U;
        Buffer block(step);
        for (std::uint64_t at = 0; at < from.size(); at += step) {
            const auto piece = Bytes(block).first(std::min<std::uint64_t>(step, from.size() - at));
            from.read_at(at, piece);
            to.write(piece);
        }
    }

    Resources& resources_;
    std::filesystem::path target_;
};

/// What publishers have left that were killed.
void remove_abandoned_files(const std::filesystem::path& target) {
    std::error_code absent;
    remove_abandoned(target / "v1");
    for (const auto& entry : std::filesystem::directory_iterator(target / "v1", absent)) {
        remove_abandoned(entry.path());
    }
}

/// By branch.
std::map<std::string, std::string> read_statements(const store::Repository& repository) {
    std::map<std::string, std::string> statements;
    for (const auto& branch : repository.branches().list()) {
        if (auto statement = repository.statements().find(branch.name)) {
            statements.emplace(branch.name, *std::move(statement));
        }
    }
    return statements;
}

} // namespace

void publish(
    const store::Repository& repository, const std::filesystem::path& target, Reporter& reporter
) {
    remove_abandoned_files(target);
    const TemporaryDirectory scratch;
    Resources resources(repository, scratch.path());
    Publisher publisher(resources, target);
    // Statements come before the branches, so that what they name is among what is published.
    const auto statements = read_statements(repository);
    const auto keys = repository.key_sets().chain();
    // Where the branches are now is what is published. The packs are listed afterwards, so that
    // they hold all of it; what is imported meanwhile is left for the next time.
    const auto branches = read_branches(repository);
    const auto tags = repository.branches().tags();
    const auto commits = reachable_commits(repository, branches, tags);
    const auto packs = repository.index().packs();
    std::vector<sync::ListedPack> listed;
    Task task(reporter, "publishing", Unit::items, packs.size() + commits.size());
    for (const auto& [number, pack] : packs) {
        const auto name = store::pack_file_name(pack);
        const auto file = repository.paths().packs() / name;
        publisher.link(file, "/v1/packs/" + name);
        listed.push_back({pack, std::filesystem::file_size(file)});
        task.advance(1);
    }
    for (const auto& id : commits) {
        const auto commit = tree::load_commit(repository, id);
        publisher.add("/v1/trees/" + commit.tree.hex());
        publisher.replace("/v1/places/" + commit.tree.hex());
        publisher.add("/v1/commits/" + id.hex());
        if (!repository.signatures().of(id).empty()) {
            publisher.replace("/v1/signatures/" + id.hex());
        }
        task.advance(1);
    }
    // A commit that came meanwhile may be in the history: nothing names it, and it does no harm.
    publisher.replace("/v1/history");
    std::vector<store::Branch> heads;
    for (const auto& [branch, moves] : branches) {
        heads.push_back(branch);
        publisher.write(
            "/v1/reflogs/" + sync::one_component(branch.name), sync::encode_moves(moves)
        );
    }
    publisher.write("/v1/pack-list", sync::encode_packs(listed));
    publisher.replace("/v1/signature-list");
    publisher.replace("/v1/shallow");
    if (!keys.empty()) {
        publisher.write("/v1/keys", keys);
    }
    for (const auto& [branch, statement] : statements) {
        publisher.write("/v1/heads/" + sync::one_component(branch), statement);
    }
    publisher.write("/v1/tags", sync::encode_tags(tags));
    publisher.write("/v1/branches", sync::encode_branches(heads));
}

} // namespace slipway::server
