// The first half of a scan: every name and stat below a directory, no payload.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "formats/draft.h"
#include "formats/open_directories.h"
#include "formats/scan.h"
#include "formats/scan_problems.h"

namespace slipway::formats {

/// Walks on all cores. What it finds goes into `draft`, whose folders have the same numbers as
/// their OpenDirectories.
class ScanWalk {
public:
    ScanWalk(
        const ScanOptions& options, OpenDirectories& directories, ScanProblems& problems, Task& task
    );

    /// Fills `draft`, and `stamps` by inode. Then the draft is arranged.
    void run(Draft& draft, std::vector<Stamp>& stamps);

private:
    using FolderId = Draft::FolderId;

    /// An entry as it is listed.
    struct Found {
        std::string name;
        Draft::Inode inode;
        Stamp stamp;
        bool linked = false; // has other names, here or elsewhere
        std::vector<tree::Xattr> xattrs;
        std::string target;
    };

    /// A directory while it is listed.
    struct Listing {
        FolderId id = 0;
        int descriptor = -1;
        std::uint64_t device = 0;
        std::string path; // from the root; only if there are patterns
        std::vector<Found> found;
    };

    void read_folder(FolderId id);
    std::uint64_t take_attributes(FolderId id, int descriptor);
    bool elsewhere(int descriptor, std::uint64_t device) const;
    void list(Listing& listing);
    void take_names(Listing& listing, std::string_view records);
    bool excluded(const Listing& listing, std::string_view name) const;
    void take_entry(Listing& listing, std::string_view name, unsigned char type);
    bool take_details(const Listing& listing, Found& found);
    bool take_xattrs(const Listing& listing, Found& found);
    void merge(Listing& listing);
    Draft::InodeId inode_for(Found& found);

    const ScanOptions& options_;
    OpenDirectories& directories_;
    ScanProblems& problems_;
    Task& task_;
    std::uint64_t device_ = 0;                      // of the root
    std::atomic<std::uint64_t> without_xattrs_ = 0; // a device that keeps none

    std::mutex mutex_; // guards all below
    Draft* draft_ = nullptr;
    std::vector<Stamp>* stamps_ = nullptr;
    std::vector<FolderId> next_; // found and not read
    std::map<std::pair<std::uint64_t, std::uint64_t>, Draft::InodeId> linked_;
};

} // namespace slipway::formats
