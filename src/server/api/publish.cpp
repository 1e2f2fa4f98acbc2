#include <algorithm>
#include <cerrno>
#include <map>
#include <set>

#include <fmt/format.h>
#include <unistd.h>

#include "base/text.h"
#include "server/api/history.h"
#include "server/api/resources.h"
#include "sync/records.h"
#include "tree/content.h"

namespace slipway::server {

namespace {

/// True if the file holds just what is expected.
bool holds(const std::filesystem::path& file, const Blob& expected) {
    constexpr std::size_t step = 1U << 20U;
    std::error_code absent;
    if (std::filesystem::file_size(file, absent) != expected.size() || absent) {
        return false;
    }
    const FileBlob there(file);
    Buffer left(step);
    Buffer right(step);
    for (std::uint64_t at = 0; at < expected.size(); at += step) {
        const auto length = std::min<std::uint64_t>(step, expected.size() - at);
        left.resize(length);
        right.resize(length);
        there.read_at(at, left);
        expected.read_at(at, right);
        if (left != right) {
            return false;
        }
    }
    return true;
}

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

    /// A file that holds it already keeps its time: who copies the directory elsewhere, or asks
    /// whether it has changed, has nothing to do.
    void write(const std::string& path, const Blob& from) {
        const auto file = place(path);
        if (holds(file, from)) {
            return;
        }
        FileReplacement replacement(file);
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

    bool has(const std::string& path, const std::string& text) const {
        return holds(target_ / path.substr(1), MemoryBlob(to_buffer(as_bytes(text))));
    }

    /// Removes files of a directory that are called otherwise than `names`.
    void keep_only(const std::string& path, const std::set<std::string>& names) const {
        std::error_code absent;
        for (const auto& entry :
             std::filesystem::directory_iterator(target_ / path.substr(1), absent)) {
            const auto name = entry.path().filename().native();
            const auto is_kept = names.contains(name) || name.starts_with(temporary_prefix);
            if (!is_kept && unlink(entry.path().c_str()) != 0 && errno != ENOENT) {
                throw_errno("cannot remove " + entry.path().native());
            }
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

/// Since the last time.
enum class Packs { the_same, changed };

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

/// Links every pack that the index knows of.
std::vector<sync::ListedPack>
publish_packs(const store::Repository& repository, Publisher& publisher, Task& task) {
    std::vector<sync::ListedPack> listed;
    for (const auto& [number, pack] : repository.index().packs()) {
        const auto name = store::pack_file_name(pack);
        const auto file = repository.paths().packs() / name;
        publisher.link(file, "/v1/packs/" + name);
        listed.push_back({pack, FileBlob(file).size()});
        task.advance(1);
    }
    return listed;
}

/// What belongs to one commit. Places change only with the packs.
void publish_commit(
    const store::Repository& repository, Publisher& publisher, const Digest& id, Packs packs
) {
    const auto tree = tree::load_commit(repository, id).tree.hex();
    publisher.add("/v1/trees/" + tree);
    const auto places = "/v1/places/" + tree;
    if (packs == Packs::changed) {
        publisher.replace(places);
    } else {
        publisher.add(places);
    }
    publisher.add("/v1/commits/" + id.hex());
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
    Task task(
        reporter, "publishing", Unit::items, repository.index().packs().size() + commits.size()
    );
    const auto pack_list = sync::encode_packs(publish_packs(repository, publisher, task));
    const auto packs = publisher.has("/v1/pack-list", pack_list) ? Packs::the_same : Packs::changed;
    std::set<std::string> signed_commits;
    for (const auto& id : commits) {
        publish_commit(repository, publisher, id, packs);
        if (!repository.signatures().of(id).empty()) {
            publisher.replace("/v1/signatures/" + id.hex());
            signed_commits.insert(id.hex());
        }
        task.advance(1);
    }
    // A commit that came meanwhile may be in the history: nothing names it, and it does no harm.
    publisher.replace("/v1/history");
    std::vector<store::Branch> heads;
    std::set<std::string> names;
    for (const auto& [branch, moves] : branches) {
        heads.push_back(branch);
        names.insert(sync::one_component(branch.name));
        publisher.write(
            "/v1/reflogs/" + sync::one_component(branch.name), sync::encode_moves(moves)
        );
    }
    publisher.write("/v1/pack-list", pack_list);
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
    // Nothing leads there any more.
    publisher.keep_only("/v1/signatures", signed_commits);
    publisher.keep_only("/v1/reflogs", names);
    publisher.keep_only("/v1/heads", names);
}

} // namespace slipway::server
