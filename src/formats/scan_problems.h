// What stands in the way of reading a file: refused or reported, as the options of a scan say.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/guarded.h"
#include "formats/scan.h"

namespace slipway::formats {

/// Any thread. What is tolerated is told to the reporter and kept.
class ScanProblems {
public:
    ScanProblems(const ScanOptions& options, Reporter& reporter)
        : options_(options), reporter_(reporter) {}

    /// `path` is there but cannot be read. Throws unless unreadable things are skipped.
    void unreadable(int code, std::string_view path);

    /// A system call on `path` failed after it had been listed: gone, or unreadable.
    void failed(int code, std::string_view path);

    /// `path` is not what it was. Throws unless changes are allowed.
    void changed(std::string_view path, std::string_view how);

    std::vector<std::string> take() { return std::move(*tolerated_.lock()); }

private:
    void tolerate(std::string text);

    const ScanOptions& options_;
    Reporter& reporter_;
    Guarded<std::vector<std::string>> tolerated_;
};

} // namespace slipway::formats
