#include "server/boot_service.h"

#include <fmt/format.h>

#include "base/text.h"
#include "server/boot/ipxe.h"
#include "tree/content.h"

namespace slipway::server {

namespace {

constexpr std::size_t copy_step = 1U << 20U;
constexpr std::size_t name_digits = 16;
constexpr std::uint64_t cache_limit_bytes = 512ULL << 20U;
constexpr std::size_t most_selections = 4096;

net::Response script_response(const std::string& text) {
    auto response = net::text_response(200, text);
    response.fields["Cache-Control"] = "no-store";
    return response;
}

std::string parameter(const net::Request& request, const std::string& name) {
    const auto found = request.query.find(name);
    return found == request.query.end() ? std::string() : found->second;
}

/// "/boot/COMMIT/kernel" in its parts.
struct Artifact {
    Digest commit;
    std::string_view name;
};

std::optional<Artifact> parse_artifact(std::string_view path) {
    const auto parts = split(path, '/');
    const auto commit = parts.size() == 4 ? Digest::parse(parts[2]) : std::nullopt;
    if (!commit) {
        return std::nullopt;
    }
    return Artifact{*commit, parts[3]};
}

/// Which kernel, and what is in the initramfs, depends on the server's settings and programs too.
net::Response file_response(std::shared_ptr<const FileBlob> file, const std::string& name) {
    net::Response response;
    response.etag = name;
    response.body = net::FileBody{std::move(file)};
    return response;
}

/// What is known of the system, for people who watch it boot.
std::string title_of(const tree::Commit& commit, const std::string& branch, const Digest& id) {
    std::string name;
    for (const auto& fact : commit.facts) {
        name = fact.name == "os.name" ? " (" + fact.value + ")" : name;
    }
    return fmt::format("{}{} commit {}", branch, name, id.hex().substr(0, name_digits));
}

} // namespace

BootService::BootService(
    const store::Repository& repository, const std::filesystem::path& cache, BootOptions options
)
    : repository_(repository), files_(cache / "boot", cache_limit_bytes),
      options_(std::move(options)) {}

net::Response BootService::answer(const net::Request& request) {
    if (request.path == "/boot.ipxe") {
        return script_response(boot::ipxe_loader());
    }
    if (request.path == "/boot/script") {
        return script(request);
    }
    const auto artifact = parse_artifact(request.path);
    if (artifact && artifact->name == "kernel") {
        return kernel(artifact->commit);
    }
    if (artifact && artifact->name == "initramfs") {
        return initramfs(artifact->commit, parameter(request, "busid"));
    }
    throw Error(Fault::not_found, fmt::format("there is no {}", printable(request.path)));
}

/// The branch that machines boot, or nothing and the reason.
std::optional<store::Branch> BootService::boot_branch(std::string& reason) const {
    if (!options_.branch.empty()) {
        reason = fmt::format("there is no branch {} yet", options_.branch);
        return repository_.branches().find(options_.branch);
    }
    const auto branches = repository_.branches().list();
    if (branches.size() == 1) {
        return branches.front();
    }
    reason = branches.empty()
                 ? "the repository is empty"
                 : "the repository has several branches: start the server with --boot BRANCH";
    return std::nullopt;
}

net::Response BootService::script(const net::Request& request) {
    std::string reason;
    const auto branch = boot_branch(reason);
    if (!branch) {
        return script_response(boot::ipxe_message(reason));
    }
    const auto host = request.fields.find("Host");
    if (host == request.fields.end()) {
        throw Error(Fault::usage, "the request has no Host: which server is this?");
    }
    const auto& id = branch->commit;
    const auto commit = tree::load_commit(repository_, id);
    const auto bus_id = parameter(request, "busid");
    const auto card = boot::PciDevice::parse(bus_id);
    boot::BootEntry entry;
    entry.server = boot::server_of_host(host->second);
    entry.commit = id.hex();
    entry.title = title_of(commit, branch->name, id);
    entry.kernel_url = fmt::format("/boot/{}/kernel", id.hex());
    entry.initramfs_url =
        fmt::format("/boot/{}/initramfs{}", id.hex(), card ? "?busid=" + bus_id : std::string());
    entry.kernel_options = options_.kernel_options;
    return script_response(boot::ipxe_script(entry));
}

/// Throws Fault::not_found if `commit` names no commit: an id may be that of another object.
Digest BootService::tree_of(const Digest& commit) const {
    const auto location = repository_.index().find(commit);
    if (!location || location->kind != tree::Kind::commit) {
        throw Error(Fault::not_found, fmt::format("there is no commit {}", commit.hex()));
    }
    return tree::load_commit(repository_, commit).tree;
}

boot::Kernel BootService::find_kernel(boot::TreeReader& tree) const {
    return boot::find_kernel(
        tree,
        options_.kernel_release.empty() ? std::nullopt
                                        : std::optional<std::string_view>(options_.kernel_release)
    );
}

net::Response BootService::kernel(const Digest& commit) {
    boot::TreeReader tree(repository_, tree_of(commit));
    const auto kernel = find_kernel(tree);
    const auto name = kernel.image.content.hex() + ".kernel";
    return file_response(
        files_.get(
            name,
            [&](Sink& out) {
                const auto blob = tree::open_file(repository_, kernel.image);
                BlobSource source(*blob);
                Buffer block(copy_step);
                for (auto count = source.read(block); count != 0; count = source.read(block)) {
                    out.write(ConstBytes(block).first(count));
                }
            }
        ),
        name
    );
}

/// Names the set of modules that a card needs: cards with the same drivers share an initramfs.
std::string
BootService::selection_of(const Digest& tree_id, const std::optional<boot::PciDevice>& card) {
    const auto key = fmt::format(
        "{} {}",
        tree_id.hex(),
        card ? fmt::format("{:04x}:{:04x}", card->vendor, card->device) : "all"
    );
    {
        const auto known = selections_.lock();
        if (const auto found = known->find(key); found != known->end()) {
            return found->second;
        }
    }
    boot::TreeReader tree(repository_, tree_id);
    const auto selection =
        boot::select_modules(boot::read_module_index(tree, find_kernel(tree)), card);
    Hasher hasher;
    for (const auto& path : selection.paths) {
        hasher.update(as_bytes(path));
        hasher.update(as_bytes("\n"));
    }
    const auto name = hasher.finish().hex().substr(0, name_digits);
    const auto known = selections_.lock();
    if (known->size() >= most_selections) {
        known->clear();
    }
    return (*known)[key] = name;
}

net::Response BootService::initramfs(const Digest& commit, const std::string& bus_id) {
    boot::InitramfsOptions options;
    options.busybox = options_.busybox;
    options.client = options_.client;
    options.card = boot::PciDevice::parse(bus_id);
    if (const auto keys = repository_.key_sets().newest()) {
        std::string reason;
        const auto branch = boot_branch(reason);
        options.keys = *keys;
        options.branch = branch ? branch->name : "";
    }
    const auto tree_id = tree_of(commit);
    // Everything that goes into it is in its name: the tree, the programs, the modules, the keys.
    const auto programs = fmt::format(
        "{}{}{}{}{}",
        sha256(read_file(options.busybox)).hex(),
        sha256(read_file(options.client)).hex(),
        SLIPWAY_VERSION,
        sha256(as_bytes(options.keys)).hex(),
        options.branch
    );
    const auto name = fmt::format(
        "{}-{}-{}-{}.initramfs",
        tree_id.hex(),
        sha256(as_bytes(programs)).hex().substr(0, name_digits),
        options_.kernel_release.empty() ? "newest" : options_.kernel_release,
        selection_of(tree_id, options.card)
    );
    return file_response(
        files_.get(
            name,
            [&](Sink& out) {
                boot::TreeReader tree(repository_, tree_id);
                out.write(boot::assemble_initramfs(tree, find_kernel(tree), options));
            }
        ),
        name
    );
}

} // namespace slipway::server
