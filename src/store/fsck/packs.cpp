#include "store/fsck/packs.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/pipeline.h"
#include "base/zstd.h"
#include "store/retired.h"

namespace slipway::store {

namespace {

constexpr int level = 3;

std::string names_of(const std::vector<FrameObject>& objects) {
    if (objects.size() == 1) {
        return "object " + objects.front().id.hex();
    }
    return fmt::format(
        "{} objects from {} to {}",
        objects.size(),
        objects.front().id.hex(),
        objects.back().id.hex()
    );
}

/// Reads one pack front to back.
class PackCheck {
public:
    enum class Indexed { no, yes };

    PackCheck(
        const PackFile& pack, Indexed indexed, PackDictionaries& dictionaries, Findings& findings
    )
        : pack_(pack), indexed_(indexed), dictionaries_(dictionaries), findings_(findings) {}

    void run(Task& task) {
        auto frames_whole = true;
        for (const auto& frame : pack_.read_index()) {
            frames_whole = check_frame(frame) && frames_whole;
            task.advance(frame.place.stored_length);
        }
        if (!frames_whole) {
            return; // what is damaged has been named, more exactly
        }
        try {
            pack_.verify_bytes();
        } catch (const Error& error) {
            blame(error.what());
        }
    }

private:
    bool check_frame(const Frame& frame) {
        const auto read = read_frame(pack_, frame, dictionaries_, [this](std::string fact) {
            blame(std::move(fact));
        });
        if (!read) {
            return false;
        }
        findings_.whole(read->objects, indexed_ == Indexed::yes);
        return read->objects.size() == frame.objects.size();
    }

    void blame(std::string fact) {
        findings_.damaged_pack(pack_.name());
        findings_.problem("pack " + pack_.name().hex(), std::move(fact));
    }

    const PackFile& pack_;
    const Indexed indexed_;
    PackDictionaries& dictionaries_;
    Findings& findings_;
};

} // namespace

/// The packs that lie in a directory, by name.
std::vector<Digest> packs_in(const std::filesystem::path& directory) {
    std::vector<Digest> packs;
    for (const auto& file : std::filesystem::directory_iterator(directory)) {
        if (const auto name = pack_of_file_name(file.path().filename().native())) {
            packs.push_back(*name);
        }
    }
    std::sort(packs.begin(), packs.end());
    return packs;
}

std::optional<ReadFrame> read_frame(
    const PackFile& pack,
    const Frame& frame,
    PackDictionaries& dictionaries,
    const std::function<void(std::string)>& fault
) {
    const auto& place = frame.place;
    ReadFrame read;
    try {
        read.stored.resize(place.stored_length);
        pack.blob().read_at(place.offset, read.stored);
        const auto with = needs_dictionary(place) ? dictionaries.get(place.dictionary) : nullptr;
        read.raw = decode_frame(place, read.stored, with ? ConstBytes(*with) : ConstBytes());
    } catch (const Error& error) {
        fault(fmt::format(
            "frame at {} cannot be read ({}); it holds {}",
            place.offset,
            error.what(),
            names_of(frame.objects)
        ));
        return std::nullopt;
    }
    for (const auto& object : frame.objects) {
        try {
            verify_object(object.id, ConstBytes(read.raw).subspan(object.offset, object.length));
            read.objects.push_back(object);
        } catch (const Error& error) {
            fault(fmt::format("frame at {}: {}", place.offset, error.what()));
        }
    }
    return read;
}

EncodedFrame frame_of(const ReadFrame& read) {
    EncodedFrame encoded;
    Buffer raw;
    for (auto object : read.objects) {
        const auto bytes = ConstBytes(read.raw).subspan(object.offset, object.length);
        object.offset = static_cast<std::uint32_t>(raw.size());
        raw.insert(raw.end(), bytes.begin(), bytes.end());
        encoded.frame.objects.push_back(object);
    }
    encoded.stored = Compressor(level).compress(raw);
    encoded.frame.place.codec = Codec::zstd;
    encoded.frame.place.raw_length = static_cast<std::uint32_t>(raw.size());
    encoded.frame.place.stored_length = static_cast<std::uint32_t>(encoded.stored.size());
    return encoded;
}

void check_packs(
    const RepositoryPaths& paths,
    const std::vector<Digest>& packs,
    const std::unordered_set<Digest>& indexed,
    Findings& findings,
    Task& task
) {
    PackDictionaries dictionaries(paths, packs);
    parallel_for(packs.size(), [&](std::size_t i) {
        const auto is_indexed =
            indexed.contains(packs[i]) ? PackCheck::Indexed::yes : PackCheck::Indexed::no;
        try {
            if (const auto pack = open_pack(paths, packs[i])) {
                PackCheck(*pack, is_indexed, dictionaries, findings).run(task);
            }
        } catch (const Error& error) {
            // One that may not be read, say, is not damaged.
            if (error.fault() == Fault::corrupt) {
                findings.damaged_pack(packs[i]);
            }
            findings.problem("pack " + packs[i].hex(), error.what());
        }
    });
}

} // namespace slipway::store
