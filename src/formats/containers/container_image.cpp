#include "formats/containers/container_image.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>
#include <sys/utsname.h>

#include "base/error.h"
#include "base/text.h"
#include "formats/tar_format.h"

namespace slipway::formats {

namespace {

using Json = nlohmann::json;

constexpr std::uint64_t largest_text = 16ULL << 20U;
constexpr std::size_t deepest_index = 4;
constexpr std::size_t most_layers = 4096;
constexpr std::string_view sha256_prefix = "sha256:";

[[noreturn]] void damaged(std::string_view what) {
    throw Error(Fault::corrupt, fmt::format("the container image is damaged: {}", what));
}

Json parse(ConstBytes text, std::string_view name) {
    auto parsed = Json::parse(as_text(text), nullptr, false);
    if (parsed.is_discarded()) {
        damaged(fmt::format("{} is no JSON", printable(name)));
    }
    return parsed;
}

/// A text of an object; empty if it has none.
std::string text_of(const Json& object, const char* name) {
    if (!object.is_object() || !object.contains(name) || !object[name].is_string()) {
        return {};
    }
    return object[name].get<std::string>();
}

/// A list of an object; empty if it has none.
Json::array_t list_of(const Json& object, const char* name) {
    if (!object.is_object() || !object.contains(name) || !object[name].is_array()) {
        return {};
    }
    return object[name].get<Json::array_t>();
}

Json part_of(const Json& object, const char* name) {
    return object.is_object() && object.contains(name) ? object[name] : Json::object();
}

std::string machine() {
    utsname names{};
    uname(&names);
    const std::string_view name = names.machine;
    if (name == "x86_64") {
        return "amd64";
    }
    return name == "aarch64" ? "arm64" : std::string(name);
}

Digest parse_digest(const std::string& text) {
    const auto digest = text.starts_with(sha256_prefix)
                            ? Digest::parse(std::string_view(text).substr(sha256_prefix.size()))
                            : std::nullopt;
    if (!digest) {
        throw Error(
            Fault::refused,
            fmt::format(
                "the container image has the digest '{}', which is not SHA-256", printable(text)
            )
        );
    }
    return *digest;
}

std::string blob_path(const Digest& digest) {
    return fmt::format("blobs/sha256/{}", digest.hex());
}

/// Of an index: one of the images that it names.
struct Candidate {
    std::string digest;
    std::string tag;
    Json platform;
    bool is_index = false;
};

class Search {
public:
    Search(const ArchiveFiles& files, const std::optional<std::string>& wanted)
        : files_(files), wanted_(wanted) {}

    ContainerImage run() {
        if (is_container_layout(files_)) {
            return from_index(read_json("index.json"), 0);
        }
        return from_docker(read_json("manifest.json"));
    }

private:
    Buffer read(const std::string& path) const {
        const auto file = files_.open(path);
        if (file == nullptr) {
            throw Error(
                Fault::not_found,
                fmt::format("the container image lacks its file {}", printable(path))
            )
                .hint("it may have been saved without what another one shares with it");
        }
        return read_all(*file, largest_text);
    }

    Json read_json(const std::string& path) const { return parse(read(path), path); }

    Json read_blob(const Digest& digest) const {
        const auto path = blob_path(digest);
        const auto text = read(path);
        if (sha256(text) != digest) {
            damaged(fmt::format("{} is not what its name says", path));
        }
        return parse(text, path);
    }

    bool is_wanted(const std::string& tag) const {
        return tag == *wanted_ || tag.ends_with(":" + *wanted_) || tag.ends_with("/" + *wanted_);
    }

    [[noreturn]] void refuse(const std::vector<std::string>& names) const {
        auto error = Error(
            Fault::not_found,
            wanted_ ? fmt::format("there is no container image '{}'", printable(*wanted_))
                    : std::string("there are several container images")
        );
        throw std::move(error).hint(
            names.empty() ? "it has none at all"
                          : fmt::format("choose one by --image: {}", fmt::join(names, ", "))
        );
    }

    static std::vector<Candidate> candidates_of(const Json& index);
    Candidate choose(const std::vector<Candidate>& candidates, std::size_t depth) const;
    ContainerImage from_index(const Json& index, std::size_t depth);
    ContainerImage from_manifest(const Candidate& chosen) const;
    ContainerImage from_docker(const Json& manifests) const;
    std::vector<Digest> unpacked_layers(const Json& config) const;

    const ArchiveFiles& files_;
    const std::optional<std::string>& wanted_;
};

std::vector<Candidate> Search::candidates_of(const Json& index) {
    std::vector<Candidate> candidates;
    for (const auto& each : list_of(index, "manifests")) {
        Candidate candidate;
        candidate.digest = text_of(each, "digest");
        candidate.platform = part_of(each, "platform");
        const auto type = text_of(each, "mediaType");
        candidate.is_index = type.find("index") != std::string::npos ||
                             type.find("manifest.list") != std::string::npos;
        const auto notes = part_of(each, "annotations");
        candidate.tag = text_of(notes, "io.containerd.image.name");
        if (candidate.tag.empty()) {
            candidate.tag = text_of(notes, "org.opencontainers.image.ref.name");
        }
        // Statements about an image, not images.
        if (text_of(candidate.platform, "os") != "unknown") {
            candidates.push_back(std::move(candidate));
        }
    }
    return candidates;
}

Candidate Search::choose(const std::vector<Candidate>& candidates, std::size_t depth) const {
    std::vector<Candidate> fitting;
    std::vector<std::string> names;
    for (const auto& each : candidates) {
        names.push_back(each.tag.empty() ? each.digest : each.tag);
        // Below the first index the tag has been chosen: the machine decides, or a digest.
        const auto is_named =
            wanted_ && (each.digest == *wanted_ || (depth == 0 && is_wanted(each.tag)));
        if (is_named || (!wanted_ && depth == 0)) {
            fitting.push_back(each);
        }
    }
    if (fitting.empty() && (depth > 0 || (wanted_ && wanted_->starts_with(sha256_prefix)))) {
        fitting = candidates; // one of them, or within one of them
    }
    if (fitting.size() > 1) {
        std::vector<Candidate> native;
        std::ranges::copy_if(fitting, std::back_inserter(native), [](const Candidate& each) {
            return text_of(each.platform, "os") == "linux" &&
                   text_of(each.platform, "architecture") == machine();
        });
        if (native.size() == 1) {
            fitting = native;
        }
    }
    if (fitting.size() != 1) {
        refuse(names);
    }
    return fitting.front();
}

ContainerImage Search::from_index(const Json& index, std::size_t depth) {
    if (depth > deepest_index) {
        damaged("its indexes do not end");
    }
    const auto chosen = choose(candidates_of(index), depth);
    if (!chosen.is_index) {
        return from_manifest(chosen);
    }
    auto image = from_index(read_blob(parse_digest(chosen.digest)), depth + 1);
    if (!chosen.tag.empty()) {
        image.name = chosen.tag;
    }
    return image;
}

/// The digests that the image's configuration gives for the layers' tar archives.
std::vector<Digest> Search::unpacked_layers(const Json& config) const {
    std::vector<Digest> digests;
    for (const auto& each : list_of(part_of(config, "rootfs"), "diff_ids")) {
        digests.push_back(parse_digest(each.is_string() ? each.get<std::string>() : ""));
    }
    return digests;
}

ContainerImage Search::from_manifest(const Candidate& chosen) const {
    const auto manifest = read_blob(parse_digest(chosen.digest));
    ContainerImage image;
    image.name = chosen.tag.empty() ? chosen.digest : chosen.tag;
    for (const auto& layer : list_of(manifest, "layers")) {
        const auto digest = parse_digest(text_of(layer, "digest"));
        image.layers.push_back({blob_path(digest), digest, std::nullopt});
    }
    if (image.layers.empty() || image.layers.size() > most_layers) {
        damaged("its number of layers is impossible");
    }
    return image;
}

ContainerImage Search::from_docker(const Json& manifests) const {
    std::vector<std::string> names;
    std::vector<std::pair<std::string, Json>> fitting;
    for (const auto& each :
         manifests.is_array() ? manifests.get<Json::array_t>() : Json::array_t{}) {
        std::vector<std::string> tags;
        for (const auto& tag : list_of(each, "RepoTags")) {
            tags.push_back(tag.is_string() ? tag.get<std::string>() : "");
        }
        const auto config = text_of(each, "Config");
        names.push_back(tags.empty() ? config : tags.front());
        const auto fits = !wanted_ || std::ranges::any_of(tags, [&](const auto& tag) {
            return is_wanted(tag);
        }) || config.find(wanted_->substr(wanted_->find(':') + 1)) != std::string::npos;
        if (fits) {
            fitting.emplace_back(names.back(), each);
        }
    }
    if (fitting.size() != 1) {
        refuse(names);
    }
    const auto& [name, manifest] = fitting.front();
    const auto unpacked = unpacked_layers(read_json(text_of(manifest, "Config")));
    const auto layers = list_of(manifest, "Layers");
    if (layers.empty() || layers.size() != unpacked.size() || layers.size() > most_layers) {
        damaged("its layers are not those of its configuration");
    }
    ContainerImage image{name, {}};
    for (std::size_t i = 0; i < layers.size(); ++i) {
        const auto& path = layers[i];
        image.layers.push_back(
            {path.is_string() ? path.get<std::string>() : "", std::nullopt, unpacked[i]}
        );
    }
    return image;
}

} // namespace

ContainerImage
find_container_image(const ArchiveFiles& files, const std::optional<std::string>& wanted) {
    return Search(files, wanted).run();
}

bool is_container_layout(const ArchiveFiles& files) {
    return files.open("oci-layout") != nullptr && files.open("index.json") != nullptr;
}

bool holds_container_images(const ArchiveFiles& files) {
    return is_container_layout(files) || files.open("manifest.json") != nullptr;
}

bool may_hold_container_images(ConstBytes beginning) {
    while (beginning.size() >= tar_block && is_tar_header(beginning.first(tar_block))) {
        const auto block = beginning.first(tar_block);
        const auto name = field_text(block, tar_field::name);
        const auto path = std::string_view(name).substr(name.starts_with("./") ? 2 : 0);
        const auto first = path.substr(0, path.find('/'));
        const auto size = field_number(block, tar_field::size);
        if (!first.empty() && first != ".") {
            constexpr std::size_t digits = 64;
            constexpr std::array known{
                "blobs", "oci-layout", "index.json", "manifest.json", "repositories"};
            return std::ranges::find(known, first) != known.end() ||
                   Digest::parse(first.substr(0, digits));
        }
        if (size != 0) {
            return false;
        }
        beginning = beginning.subspan(tar_block); // the archive's own root
    }
    return false;
}

} // namespace slipway::formats
