#include "formats/totals.h"

#include <vector>

#include <sys/stat.h>

namespace slipway::formats {

void count(const Draft& draft, ScanResult& result) {
    std::vector<bool> seen(draft.inode_count());
    result.entries = 1;
    result.files = 0;
    result.bytes = 0;
    for (const auto id : draft.folders_in_order()) {
        result.entries += draft.folder(id).names.size();
        for (const auto& name : draft.folder(id).names) {
            const auto& inode = draft.inode(name.inode);
            if (S_ISREG(inode.mode) && !seen[name.inode]) {
                ++result.files;
                result.bytes += inode.detail;
            }
            seen[name.inode] = true;
        }
    }
}

} // namespace slipway::formats
