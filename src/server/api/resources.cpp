#include "server/api/resources.h"

#include <algorithm>
#include <unordered_set>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "server/api/history.h"
#include "store/assembly.h"
#include "store/retired.h"
#include "sync/bundle.h"
#include "sync/places.h"
#include "sync/records.h"
#include "tree/content.h"
#include "tree/walk.h"
#include "trust/sshsig.h"

namespace slipway::server {

namespace {

constexpr std::size_t name_digits = 16;
constexpr std::size_t most_objects = 4096;
constexpr std::uint64_t most_object_bytes = 64ULL << 20U;
constexpr std::uint64_t cache_limit_bytes = 1ULL << 30U;
constexpr std::size_t digest_size = sizeof(Digest);

[[noreturn]] void no_such_resource(const std::string& path) {
    throw Error(Fault::not_found, fmt::format("there is no {}", printable(path)));
}

Digest parse_id(const std::string& text) {
    const auto id = Digest::parse(text);
    if (!id) {
        no_such_resource(text);
    }
    return *id;
}

/// What follows `prefix` in `path`, if it starts so.
std::optional<std::string> after(const std::string& path, std::string_view prefix) {
    if (!path.starts_with(prefix)) {
        return std::nullopt;
    }
    return path.substr(prefix.size());
}

net::Response bytes_response(Buffer bytes) {
    net::Response response;
    response.etag = sha256(bytes).hex();
    response.body = std::make_shared<const Buffer>(std::move(bytes));
    return response;
}

net::Response list_response(const std::string& text) {
    auto response = bytes_response(to_buffer(as_bytes(text)));
    response.content_type = "text/plain; charset=utf-8";
    return response;
}

/// A response that never changes, named by what is in it.
net::Response file_response(std::shared_ptr<const FileBlob> file, const std::string& name) {
    net::Response response;
    response.etag = name;
    response.immutable = true;
    response.body = net::FileBody{std::move(file)};
    return response;
}

/// A file that has no name: it goes with its last reader.
FileDescriptor nameless_file(const std::filesystem::path& directory) {
    return open_file(directory, O_RDWR | O_TMPFILE, 0600);
}

/// The closure of `tree` without what `base` has.
void write_closure(
    const store::Repository& repository,
    const Digest& tree,
    const std::optional<Digest>& base,
    Sink& out
) {
    std::unordered_set<Digest> known;
    if (base) {
        for (const auto& object : tree::closure(repository, *base)) {
            known.insert(object.id);
        }
    }
    sync::BundleWriter bundle(out);
    for (const auto& object : tree::closure(repository, tree)) {
        if (!known.contains(object.id)) {
            bundle.add(object.kind, read_object(repository, object.id));
        }
    }
    bundle.finish();
}

void require_object(const store::Repository& repository, const Digest& id, tree::Kind kind) {
    const auto location = repository.index().find(id);
    if (!location || location->kind != kind) {
        no_such_resource(id.hex());
    }
}

/// Tells one set of packs from another.
Digest packs_digest(const store::Repository& repository) {
    Hasher hasher;
    for (const auto& [number, pack] : repository.index().packs()) {
        hasher.update(pack.view());
    }
    return hasher.finish();
}

} // namespace

Resources::Resources(const store::Repository& repository, const std::filesystem::path& cache)
    : repository_(repository), scratch_(cache / "trees"), trees_(scratch_, cache_limit_bytes) {}

net::Response Resources::answer(const net::Request& request) {
    const auto& path = request.path;
    if (path == "/v1/objects" && request.method == "POST") {
        return objects(request.body);
    }
    if (path == "/v1/pack" && request.method == "POST") {
        return assembled_pack(request.body);
    }
    if (path == "/v1/pack-list") {
        return pack_list();
    }
    if (path == "/v1/signature-list") {
        return signature_list();
    }
    if (path == "/v1/shallow") {
        return shallow();
    }
    if (path == "/v1/branches") {
        return branches();
    }
    if (path == "/v1/tags") {
        return tags();
    }
    if (path == "/v1/keys") {
        return keys();
    }
    if (const auto name = after(path, "/v1/heads/")) {
        return head(*name);
    }
    if (path == "/v1/history") {
        return history();
    }
    if (const auto name = after(path, "/v1/reflogs/")) {
        return reflog(*name);
    }
    if (const auto id = after(path, "/v1/commits/")) {
        return commit(*id);
    }
    if (const auto id = after(path, "/v1/signatures/")) {
        return signatures(*id);
    }
    if (const auto rest = after(path, "/v1/trees/")) {
        return tree(*rest);
    }
    if (const auto id = after(path, "/v1/places/")) {
        return places(*id);
    }
    if (const auto name = after(path, "/v1/packs/")) {
        return pack(*name);
    }
    no_such_resource(path);
}

net::Response Resources::branches() {
    return list_response(sync::encode_branches(repository_.branches().list()));
}

net::Response Resources::tags() {
    return list_response(sync::encode_tags(repository_.branches().tags()));
}

net::Response Resources::reflog(const std::string& name) {
    const auto branch = sync::branch_of_component(name);
    const auto moves = repository_.branches().reflog(branch);
    if (moves.empty()) {
        no_such_resource("branch " + branch);
    }
    return list_response(sync::encode_moves(moves));
}

net::Response Resources::keys() {
    const auto chain = repository_.key_sets().chain();
    if (chain.empty()) {
        no_such_resource("key set");
    }
    return list_response(chain);
}

net::Response Resources::head(const std::string& name) {
    const auto branch = sync::branch_of_component(name);
    const auto statement = repository_.statements().find(branch);
    if (!statement) {
        no_such_resource("head statement of " + branch);
    }
    return list_response(*statement);
}

net::Response Resources::history() {
    auto commits =
        reachable_commits(repository_, read_branches(repository_), repository_.branches().tags());
    std::sort(commits.begin(), commits.end());
    Hasher hasher;
    for (const auto& id : commits) {
        hasher.update(id.view());
    }
    const auto name = hasher.finish().hex() + ".history";
    auto file = trees_.get(name, [&](Sink& out) {
        sync::BundleWriter bundle(out);
        for (const auto& id : commits) {
            bundle.add(tree::Kind::commit, read_object(repository_, id));
        }
        bundle.finish();
    });
    auto response = file_response(std::move(file), name);
    response.immutable = false;
    return response;
}

net::Response Resources::commit(const std::string& id) {
    const auto digest = parse_id(id);
    require_object(repository_, digest, tree::Kind::commit);
    auto response = bytes_response(read_object(repository_, digest));
    response.content_type = "text/plain; charset=utf-8";
    response.immutable = true;
    return response;
}

net::Response Resources::signatures(const std::string& id) {
    std::string text;
    for (const auto& signature : repository_.signatures().of(parse_id(id))) {
        text += trust::armour(signature);
    }
    if (text.empty()) {
        no_such_resource("signature of " + id);
    }
    return list_response(text);
}

net::Response Resources::tree(const std::string& rest) {
    const auto parts = split(rest, '/');
    const auto has_base = parts.size() == 3 && parts[1] == "from";
    if (parts.size() != 1 && !has_base) {
        no_such_resource(rest);
    }
    const auto id = parse_id(std::string(parts[0]));
    const auto base = has_base ? std::optional(parse_id(std::string(parts[2]))) : std::nullopt;
    require_object(repository_, id, tree::Kind::directory);
    if (base) {
        require_object(repository_, *base, tree::Kind::directory);
    }
    const auto name = base ? id.hex() + "-" + base->hex() : id.hex();
    auto file = trees_.get(name, [&](Sink& out) { write_closure(repository_, id, base, out); });
    return file_response(std::move(file), name);
}

net::Response Resources::places(const std::string& id) {
    const auto tree = parse_id(id);
    require_object(repository_, tree, tree::Kind::directory);
    const auto kind = id + ".places-";
    const auto name = kind + packs_digest(repository_).hex().substr(0, name_digits);
    auto response = file_response(
        trees_.get(
            name,
            [&](Sink& out) { out.write(sync::encode(sync::find_places(repository_, tree))); },
            kind
        ),
        name
    );
    response.immutable = false;
    return response;
}

net::Response Resources::pack(const std::string& name) {
    const auto id = store::pack_of_file_name(name);
    auto file = id ? store::open_pack_file(repository_.paths(), *id) : FileDescriptor();
    if (!file.is_open()) {
        no_such_resource("pack " + name);
    }
    return file_response(std::make_shared<const FileBlob>(std::move(file), name), id->hex());
}

net::Response Resources::pack_list() {
    std::vector<sync::ListedPack> packs;
    for (const auto& [number, name] : repository_.index().packs()) {
        std::error_code absent;
        const auto file = repository_.paths().packs() / store::pack_file_name(name);
        const auto size = std::filesystem::file_size(file, absent);
        if (!absent) {
            packs.push_back({name, size});
        }
    }
    return list_response(sync::encode_packs(packs));
}

net::Response Resources::signature_list() {
    std::vector<sync::SignedCommit> all;
    for (const auto& commit : repository_.signatures().targets()) {
        if (!repository_.index().find(commit)) {
            continue; // it was collected
        }
        for (auto& signature : repository_.signatures().of(commit)) {
            all.push_back({commit, std::move(signature)});
        }
    }
    return list_response(sync::encode_signatures(all));
}

net::Response Resources::shallow() {
    const auto commits = repository_.shallow().commits();
    std::vector<Digest> sorted(commits.begin(), commits.end());
    std::sort(sorted.begin(), sorted.end());
    return list_response(sync::encode_commits(sorted));
}

namespace {

/// What a body of object ids names: not more, and not more together, than one answer may hold.
std::vector<Digest> parse_ids(const store::Repository& repository, const Buffer& body) {
    const auto count = body.size() / digest_size;
    if (body.size() % digest_size != 0 || count > most_objects) {
        throw Error(
            Fault::usage,
            fmt::format("{} bytes are not up to {} object ids", body.size(), most_objects)
        );
    }
    std::vector<Digest> ids;
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < count; ++i) {
        ids.push_back(Digest::from_bytes(ConstBytes(body).subspan(i * digest_size, digest_size)));
        const auto location = repository.index().find(ids.back());
        if (!location) {
            no_such_resource("object " + ids.back().hex());
        }
        total += location->length;
        if (total > most_object_bytes) {
            throw Error(Fault::usage, "these objects are too large for one answer")
                .hint("ask for fewer, or read them from the packs");
        }
    }
    return ids;
}

} // namespace

net::Response Resources::objects(const Buffer& body) {
    const auto ids = parse_ids(repository_, body);
    // Not in memory: many clients may take many megabytes slowly.
    auto file = nameless_file(scratch_);
    DescriptorSink out(file.get(), "a bundle of objects");
    sync::BundleWriter bundle(out);
    for (const auto& id : ids) {
        const auto location = repository_.index().find(id);
        const auto kind = location ? location->kind : tree::Kind::chunk; // if not, reading tells
        bundle.add(kind, read_object(repository_, id));
    }
    bundle.finish();
    net::Response response;
    response.body =
        net::FileBody{std::make_shared<const FileBlob>(std::move(file), "a bundle of objects")};
    return response;
}

net::Response Resources::assembled_pack(const Buffer& body) {
    const auto ids = parse_ids(repository_, body);
    auto file = nameless_file(scratch_);
    DescriptorSink out(file.get(), "a pack of objects");
    store::write_pack_of(repository_, ids, out);
    net::Response response;
    response.body =
        net::FileBody{std::make_shared<const FileBlob>(std::move(file), "a pack of objects")};
    return response;
}

} // namespace slipway::server
