#include "sync/peer.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "net/target.h"
#include "store/pack.h"
#include "sync/bundle.h"

namespace slipway::sync {

namespace {

constexpr std::uint64_t largest_list = 64ULL << 20U;
constexpr std::uint64_t largest_bundle = 1ULL << 30U;
constexpr std::uint64_t largest_unpacked_bundle = 4ULL << 30U;
constexpr std::uint64_t largest_piece = 8ULL << 20U; ///< of a pack in one request
constexpr std::uint64_t end_bytes = 64ULL << 10U;

std::function<void(ConstBytes)> bundle_reader(const Peer::Take& take) {
    return [&take](ConstBytes body) {
        MemorySource source(body);
        read_bundle(source, largest_unpacked_bundle, take);
    };
}

} // namespace

Peer::Peer(MirrorOptions options, Reporter& reporter)
    : options_(std::move(options)), mirrors_(options_, reporter) {}

Peer::~Peer() {
    mirrors_.stop();
}

Mirrors::Totals Peer::totals() const {
    const auto own = mirrors_.totals();
    return {own.requests + other_.requests, own.bytes + other_.bytes};
}

void Peer::add(const Mirrors::Totals& other) {
    other_.requests += other.requests;
    other_.bytes += other.bytes;
}

void Peer::need(
    const std::string& path,
    std::uint64_t limit_bytes,
    const std::function<void(ConstBytes)>& accept
) {
    if (!mirrors_.fetch_bytes({.path = path}, limit_bytes, accept)) {
        throw Error(
            Fault::not_found, fmt::format("{} has no {}", options_.servers.front().text(), path)
        )
            .hint("is its path right, and is it a slipway repository?");
    }
}

void Peer::accept_if_there(const std::string& path, const std::function<void(ConstBytes)>& accept) {
    mirrors_.fetch_bytes({.path = path}, largest_list, accept);
}

std::vector<store::Branch>
Peer::branches(const std::function<void(const std::vector<store::Branch>&)>& accept) {
    std::vector<store::Branch> branches;
    need("/v1/branches", largest_list, [&](ConstBytes body) {
        branches = decode_branches(as_text(body));
        if (accept) {
            accept(branches);
        }
    });
    return branches;
}

std::optional<std::string> Peer::key_chain(const AcceptText& accept) {
    return fetch_key_chain(mirrors_, accept);
}

std::optional<std::string>
Peer::head_statement(const std::string& branch, const AcceptText& accept) {
    return fetch_head_statement(mirrors_, branch, accept);
}

std::vector<store::Tag> Peer::tags() {
    std::vector<store::Tag> tags;
    accept_if_there("/v1/tags", [&](ConstBytes body) { tags = decode_tags(as_text(body)); });
    return tags;
}

std::vector<SignedCommit> Peer::signatures() {
    std::vector<SignedCommit> signatures;
    accept_if_there("/v1/signature-list", [&](ConstBytes body) {
        signatures = decode_signatures(as_text(body));
    });
    return signatures;
}

std::vector<Digest> Peer::shallow() {
    std::vector<Digest> commits;
    accept_if_there("/v1/shallow", [&](ConstBytes body) {
        commits = decode_commits(as_text(body));
    });
    return commits;
}

std::vector<store::Move> Peer::reflog(const std::string& branch) {
    std::vector<store::Move> moves;
    const auto path = "/v1/reflogs/" + net::percent_encoded(one_component(branch));
    need(path, largest_list, [&](ConstBytes body) { moves = decode_moves(as_text(body)); });
    return moves;
}

std::optional<std::vector<ListedPack>> Peer::packs() {
    std::optional<std::vector<ListedPack>> packs;
    accept_if_there("/v1/pack-list", [&](ConstBytes body) { packs = decode_packs(as_text(body)); });
    return packs;
}

std::optional<Buffer> Peer::commit(const Digest& id) {
    return mirrors_.fetch_bytes(
        {.path = "/v1/commits/" + id.hex()},
        tree::largest_commit,
        [&](ConstBytes bytes) { store::verify_object(id, bytes); }
    );
}

void Peer::history(const Take& take) {
    need("/v1/history", largest_bundle, bundle_reader(take));
}

void Peer::tree(
    const Digest& tree,
    const std::optional<Digest>& base,
    const Take& take,
    const std::function<void()>& accept
) {
    const auto read = bundle_reader(take);
    const auto read_all = [&](ConstBytes body) {
        read(body);
        accept();
    };
    const auto path = "/v1/trees/" + tree.hex();
    // A static server has no differences; neither has one that lacks the base.
    const auto difference = base ? path + "/from/" + base->hex() : path;
    if (!mirrors_.fetch_bytes({.path = difference}, largest_bundle, read_all)) {
        need(path, largest_bundle, read_all);
    }
}

bool Peer::download(
    const ListedPack& pack,
    const std::filesystem::path& file,
    const std::function<void(std::uint64_t)>& told
) {
    const auto out = open_file(file, O_RDWR | O_CREAT, 0644);
    const auto name = file.native();
    const auto end = lseek(out.get(), 0, SEEK_END);
    auto held = static_cast<std::uint64_t>(std::max<off_t>(0, end));
    if (held > pack.size) {
        held = 0;
    }
    told(held);
    while (held < pack.size) {
        const net::ClientRequest request{
            .path = "/v1/packs/" + store::pack_file_name(pack.pack),
            .range = net::ByteRange{held, std::min(largest_piece, pack.size - held)}};
        std::uint64_t at = held;
        const auto wanted_end = held + request.range->length;
        const Mirrors::Receiver receiver{
            [&] { at = held; },
            [&](ConstBytes piece) {
                if (piece.size() > wanted_end - at) {
                    throw Error(Fault::corrupt, "more came than was asked for");
                }
                pwrite_all(out.get(), at, piece, name);
                at += piece.size();
                told(piece.size());
            },
            [&] {
                if (at != wanted_end) {
                    throw Error(Fault::corrupt, "the pack is shorter than was said");
                }
            }};
        if (!mirrors_.fetch(request, receiver)) {
            return false;
        }
        held = at;
    }
    if (ftruncate(out.get(), static_cast<off_t>(pack.size)) != 0) {
        throw_errno("cannot cut " + name);
    }
    return true;
}

std::optional<Peer::PackEnds> Peer::ends_of_pack(const ListedPack& pack) {
    const auto fetch = [&](std::uint64_t offset, std::uint64_t length) {
        return mirrors_.fetch_bytes(
            {.path = "/v1/packs/" + store::pack_file_name(pack.pack),
             .range = net::ByteRange{offset, length}},
            length
        );
    };
    const auto length = std::min(pack.size, end_bytes);
    auto end = fetch(pack.size - length, length);
    auto start =
        end ? fetch(0, std::min<std::uint64_t>(pack.size, store::pack_start_size)) : std::nullopt;
    return start ? std::optional(PackEnds{*std::move(start), *std::move(end)}) : std::nullopt;
}

bool Peer::assemble(
    const std::vector<Digest>& objects,
    const std::filesystem::path& file,
    const std::function<void()>& accept
) {
    net::ClientRequest request{.method = "POST", .path = "/v1/pack"};
    for (const auto& id : objects) {
        const auto bytes = id.view();
        request.body.insert(request.body.end(), bytes.begin(), bytes.end());
    }
    const auto out = open_file(file, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    std::uint64_t at = 0;
    const Mirrors::Receiver receiver{
        [&] {
            at = 0;
            if (ftruncate(out.get(), 0) != 0) {
                throw_errno("cannot empty " + file.native());
            }
        },
        [&](ConstBytes piece) {
            if (at + piece.size() > largest_bundle) {
                throw Error(Fault::corrupt, "the pack does not end");
            }
            pwrite_all(out.get(), at, piece, file.native());
            at += piece.size();
        },
        [&] { accept(); }};
    return mirrors_.fetch(request, receiver);
}

} // namespace slipway::sync
