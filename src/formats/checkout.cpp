#include "formats/checkout.h"

#include <algorithm>
#include <map>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/pipeline.h"
#include "base/text.h"
#include "formats/file_writer.h"
#include "formats/open_directories.h"
#include "formats/staged_directory.h"
#include "formats/xattr.h"
#include "tree/content.h"
#include "tree/ingest.h"
#include "tree/walk.h"

namespace slipway::formats {

namespace {

// Neighbours in the store share a frame: one thread writes so much of them.
constexpr std::uint64_t batch_bytes = 4ULL << 20U;
constexpr std::size_t batch_files = 256;
constexpr std::size_t cost_of_file = 512;       // in memory, until it is written
constexpr std::size_t cost_limit = 2ULL << 20U; // of all that wait

/// Writes one tree into an open, empty directory.
class TreeWriter {
public:
    TreeWriter(
        const Contents& contents,
        OpenDirectories& directories,
        const FileWriter& writer,
        CheckoutOptions::Ownership ownership,
        Task& task
    )
        : contents_(contents), directories_(directories), writer_(writer), ownership_(ownership),
          task_(task), pipeline_({.threads = 0, .in_flight_bytes = cost_limit}) {}

    CheckoutResult write(const Digest& tree);

    /// Names that ownership_ keeps out.
    std::uint64_t left_out() const { return left_out_; }

private:
    using FolderId = OpenDirectories::Id;

    struct Folder {
        FolderId id = 0;
        Digest directory;
    };

    struct File {
        FolderId folder = 0;
        tree::Entry entry;
    };

    struct Link {
        tree::LinkId id;
        File file;
    };

    void write_folder(const Folder& folder);
    void take_entry(FolderId folder, tree::Entry& entry);
    void queue_file(File file);
    void submit();
    void make_links();

    const Contents& contents_;
    OpenDirectories& directories_;
    const FileWriter& writer_;
    const CheckoutOptions::Ownership ownership_;
    Task& task_;
    Pipeline pipeline_;
    CheckoutResult result_;
    std::uint64_t left_out_ = 0;
    std::vector<Folder> waiting_;
    std::vector<std::pair<FolderId, tree::Attributes>> finished_; // parents first
    std::vector<File> batch_;
    std::uint64_t batch_size_ = 0;
    std::map<tree::LinkId, File> first_members_;
    std::vector<Link> links_;
};

CheckoutResult TreeWriter::write(const Digest& tree) {
    result_.entries = 1;
    waiting_.push_back({OpenDirectories::root, tree});
    while (!waiting_.empty()) {
        const auto folder = waiting_.back();
        waiting_.pop_back();
        write_folder(folder);
    }
    submit();
    pipeline_.finish();
    make_links();
    for (; !finished_.empty(); finished_.pop_back()) {
        writer_.finish_directory(finished_.back().first, finished_.back().second);
    }
    return result_;
}

void TreeWriter::write_folder(const Folder& folder) {
    auto directory = tree::load_directory(contents_, folder.directory);
    finished_.emplace_back(folder.id, std::move(directory.attributes));
    std::ranges::sort(directory.entries, tree::stored_before, &tree::Entry::name);
    const auto first = waiting_.size();
    for (auto& entry : directory.entries) {
        take_entry(folder.id, entry);
    }
    std::reverse(waiting_.begin() + static_cast<std::ptrdiff_t>(first), waiting_.end());
}

void TreeWriter::take_entry(FolderId folder, tree::Entry& entry) {
    const auto is_device = std::holds_alternative<tree::Device>(entry.node);
    if (is_device && ownership_ == CheckoutOptions::Ownership::ignore) {
        ++left_out_;
        return;
    }
    ++result_.entries;
    if (const auto* below = std::get_if<tree::Subdirectory>(&entry.node)) {
        writer_.make_directory(folder, entry.name);
        waiting_.push_back({directories_.add(folder, entry.name), below->directory});
        return;
    }
    if (entry.link) {
        const auto id = *entry.link;
        if (first_members_.contains(id)) {
            links_.push_back({id, {folder, std::move(entry)}});
            return;
        }
        first_members_.emplace(id, File{folder, entry});
    }
    if (std::holds_alternative<tree::File>(entry.node)) {
        queue_file({folder, std::move(entry)});
    } else {
        writer_.make_special(folder, entry);
    }
}

void TreeWriter::queue_file(File file) {
    const auto size = std::get<tree::File>(file.entry.node).size;
    result_.bytes += size;
    batch_size_ += size;
    batch_.push_back(std::move(file));
    if (batch_size_ >= batch_bytes || batch_.size() >= batch_files) {
        submit();
    }
}

void TreeWriter::submit() {
    const auto cost = batch_.size() * cost_of_file;
    auto batch = std::make_shared<std::vector<File>>(std::exchange(batch_, {}));
    batch_size_ = 0;
    pipeline_.submit(cost, [this, batch] {
        Buffer buffer;
        for (const auto& file : *batch) {
            writer_.write_file(file.folder, file.entry, buffer);
            task_.advance(std::get<tree::File>(file.entry.node).size);
        }
        return Deliver();
    });
}

void TreeWriter::make_links() {
    for (const auto& [id, file] : links_) {
        const auto& first = first_members_.at(id);
        if (file.entry.node != first.entry.node ||
            file.entry.attributes != first.entry.attributes) {
            throw Error(
                Fault::corrupt,
                fmt::format(
                    "{} is a hard link to {} and differs from it",
                    directories_.path(file.folder, file.entry.name),
                    directories_.path(first.folder, first.entry.name)
                )
            );
        }
        writer_.link({first.folder, first.entry.name}, {file.folder, file.entry.name});
    }
}

/// All bytes of files; those with several names once.
std::uint64_t payload_size(const Contents& contents, const Digest& tree) {
    std::uint64_t size = 0;
    std::map<tree::LinkId, std::uint64_t> linked;
    tree::walk(contents, tree, [&](const std::string&, const Digest&, const auto& directory) {
        for (const auto& entry : directory.entries) {
            const auto* file = std::get_if<tree::File>(&entry.node);
            if (file != nullptr && (!entry.link || linked.emplace(*entry.link, 0).second)) {
                size += file->size;
            }
        }
    });
    return size;
}

} // namespace

void check_checkout(const std::filesystem::path& target, const CheckoutOptions& options) {
    if (options.ownership == CheckoutOptions::Ownership::keep && geteuid() != 0) {
        throw Error(Fault::refused, "only root can give files to their owners")
            .hint("run it as root, or leave owners out with --no-owner");
    }
    check_target(target);
}

CheckoutResult checkout(
    const Contents& contents,
    const Digest& tree,
    const std::filesystem::path& target,
    const CheckoutOptions& options,
    Reporter& reporter
) {
    require_descriptor_paths();
    check_checkout(target, options);
    StagedDirectory staged(target);
    auto top = staged.open();
    struct stat status = {};
    if (fstat(top.get(), &status) != 0) {
        throw_errno(fmt::format("cannot stat {}", printable(target.native())));
    }
    OpenDirectories directories(std::move(top), target.native());
    const FileWriter writer(
        contents, directories, {options.ownership, status.st_uid, status.st_gid}
    );
    CheckoutResult result;
    {
        Task task(reporter, "writing files", Unit::bytes, payload_size(contents, tree));
        TreeWriter files(contents, directories, writer, options.ownership, task);
        result = files.write(tree);
        if (options.ownership == CheckoutOptions::Ownership::ignore) {
            reporter.notice(fmt::format(
                "owners, {} devices and all extended attributes but user.* are left out",
                files.left_out()
            ));
        }
    }
    staged.publish();
    return result;
}

} // namespace slipway::formats
