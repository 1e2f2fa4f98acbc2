// A repository elsewhere as something to copy from: its refs, its packs, any objects of it.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "sync/key_resources.h"
#include "sync/mirrors.h"
#include "sync/records.h"
#include "tree/objects.h"

namespace slipway::sync {

/// Any thread, but for add() and totals(). Errors: as Mirrors::fetch; Fault::corrupt for what
/// cannot be decoded.
class Peer {
public:
    Peer(MirrorOptions options, Reporter& reporter);
    ~Peer();

    const MirrorOptions& options() const { return options_; }

    /// Throws Fault::not_found if there is no repository. `accept` may throw Fault::refused: then
    /// the next server is asked.
    std::vector<store::Branch>
    branches(const std::function<void(const std::vector<store::Branch>&)>& accept = {});

    /// Empty if the server knows none of these.
    std::vector<store::Tag> tags();
    std::vector<SignedCommit> signatures();
    std::vector<Digest> shallow();

    std::vector<store::Move> reflog(const std::string& branch);

    /// As fetch_key_chain() and fetch_head_statement().
    std::optional<std::string> key_chain(const AcceptText& accept);
    std::optional<std::string> head_statement(const std::string& branch, const AcceptText& accept);

    /// Nothing if the server has no such list.
    std::optional<std::vector<ListedPack>> packs();

    std::optional<Buffer> commit(const Digest& id);

    using Take = std::function<void(tree::Kind kind, const Digest& id, Buffer object)>;

    /// Every commit; may come more than once.
    void history(const Take& take);

    /// The directories and chunk lists of a tree, perhaps without those of `base`; may come more
    /// than once. `accept` may throw Fault::not_found for what is absent after all.
    void tree(
        const Digest& tree,
        const std::optional<Digest>& base,
        const Take& take,
        const std::function<void()>& accept
    );

    /// Appends to a file what it lacks of a pack, so that it resumes what was cut off. `told` hears
    /// of bytes that came. False if the pack is gone. What is in the file must be verified.
    bool download(
        const ListedPack& pack,
        const std::filesystem::path& file,
        const std::function<void(std::uint64_t)>& told
    );

    /// Its first and its last bytes: the pack's own index, if that is short. Not verified.
    struct PackEnds {
        Buffer start;
        Buffer end;
    };

    std::optional<PackEnds> ends_of_pack(const ListedPack& pack);

    /// Writes a pack of these objects, at most most_objects and most_object_bytes of them, to a
    /// file. `accept` may throw Fault::corrupt. False if one of them is not there, or no packs are
    /// made there.
    bool assemble(
        const std::vector<Digest>& objects,
        const std::filesystem::path& file,
        const std::function<void()>& accept
    );

    static constexpr std::size_t most_objects = 4096;
    static constexpr std::uint64_t most_object_bytes = 32ULL << 20U;

    /// False once a server was met that makes none.
    bool makes_packs() const { return mirrors_.takes_posts(); }

    Mirrors::Totals totals() const;

    /// Counts what was fetched from the same servers in another way.
    void add(const Mirrors::Totals& other);

private:
    void need(
        const std::string& path,
        std::uint64_t limit_bytes,
        const std::function<void(ConstBytes)>& accept
    );
    void accept_if_there(const std::string& path, const std::function<void(ConstBytes)>& accept);

    MirrorOptions options_;
    Mirrors mirrors_;
    Mirrors::Totals other_;
};

} // namespace slipway::sync
