// The second half of a scan: the payload of every file, read once unless the stat cache knows it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "formats/draft.h"
#include "formats/open_directories.h"
#include "formats/scan.h"
#include "formats/scan_problems.h"
#include "formats/work_gate.h"

namespace slipway::formats {

class ScanPayload {
public:
    /// What has been walked. All of it outlives this.
    struct Walked {
        Draft& draft;
        const std::vector<Stamp>& stamps;
        OpenDirectories& directories;
    };

    ScanPayload(
        const Walked& walked, tree::Ingest& ingest, StatCache& cache, ScanProblems& problems
    );

    /// Fills in the content of every file of the draft and drops what cannot be read from it.
    void run(ScanResult& result, Reporter& reporter);

private:
    using Item = Draft::File;

    struct Range {
        off_t from = 0;
        off_t to = 0;
    };

    /// Alive while files are read. The gate goes first: others may still be reading for it.
    struct Reading {
        Task task;
        WorkGate gate;
    };

    /// What is found out while files are read, on several threads.
    struct Findings {
        std::unordered_set<Draft::InodeId> dropped;
        std::unordered_set<Draft::InodeId> changed;
        std::vector<Item> grown; // from small to long while they were waited for
    };

    std::vector<Item> plan(ScanResult& result);
    bool known(Draft::InodeId inode);
    void add_small(const Item& item, Reading& reading);
    void add_long(const Item& item, Reading& reading);
    FileDescriptor open(const Item& item);
    Buffer read_small(const Item& item);
    void read_long(const Item& item, tree::Ingest::Feed& feed);
    bool read_data(int descriptor, Range range, tree::Ingest::Feed& feed);
    std::optional<std::uint64_t> changed_size(const Item& item, int descriptor);
    void drop(const Item& item, int code);
    std::string path(const Item& item) const;

    Draft& draft_;
    const std::vector<Stamp>& stamps_;
    OpenDirectories& directories_;
    tree::Ingest& ingest_;
    StatCache& cache_;
    ScanProblems& problems_;
    Guarded<Findings> findings_;
    Buffer long_buffer_; // for the calling thread
};

} // namespace slipway::formats
