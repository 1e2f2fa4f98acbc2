#include "formats/scan.h"

#include <fcntl.h>

#include "formats/draft.h"
#include "formats/open_directories.h"
#include "formats/scan_payload.h"
#include "formats/scan_problems.h"
#include "formats/scan_walk.h"
#include "formats/xattr.h"

namespace slipway::formats {

namespace {

std::uint64_t count_entries(const Draft& draft) {
    std::uint64_t count = 1;
    for (const auto id : draft.folders_in_order()) {
        count += draft.folder(id).names.size();
    }
    return count;
}

} // namespace

ScanResult scan(
    const std::filesystem::path& source,
    const ScanOptions& options,
    tree::Ingest& ingest,
    StatCache& cache,
    Reporter& reporter
) {
    require_descriptor_paths();
    ScanResult result;
    Draft draft;
    std::vector<Stamp> stamps;
    OpenDirectories directories(open_file(source, O_RDONLY | O_DIRECTORY), source.native());
    ScanProblems problems(options, reporter);
    {
        Task task(reporter, "looking for files", Unit::items);
        ScanWalk(options, directories, problems, task).run(draft, stamps);
    }
    ScanPayload({draft, stamps, directories}, ingest, cache, problems).run(result, reporter);
    draft.arrange(); // without what could not be read
    result.entries = count_entries(draft);
    result.tree = draft.store(ingest);
    result.skipped = problems.take();
    return result;
}

} // namespace slipway::formats
