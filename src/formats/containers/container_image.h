// Which layers make the container image that is wanted, of an OCI image layout or of what
// `docker save` writes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/digest.h"
#include "formats/containers/archive_files.h"

namespace slipway::formats {

struct ContainerLayer {
    std::string path;                 ///< among the archive's files
    std::optional<Digest> stored{};   ///< the digest of the file, if it is known
    std::optional<Digest> unpacked{}; ///< and that of the tar archive in it
};

struct ContainerImage {
    std::string name;                   ///< its tag, or its digest
    std::vector<ContainerLayer> layers; ///< the lowest first
};

/// Finds the image of `wanted`: a tag ("debian:12", "12") or a digest ("sha256:…"); without it the
/// only one there is. Of an image for several machines, the one for Linux on this one.
///
/// What is named by a digest is checked against it. Errors: Fault::not_found for an image that is
/// not there, or several to choose from (the hint lists them); Fault::corrupt.
ContainerImage
find_container_image(const ArchiveFiles& files, const std::optional<std::string>& wanted);

/// True if these are the files of an OCI image layout.
bool is_container_layout(const ArchiveFiles& files);

/// True if these are files of container images, as an OCI image layout or of `docker save`.
bool holds_container_images(const ArchiveFiles& files);

/// True if the tar archive that begins so may be one of container images: its first members are
/// called as the files of those are.
bool may_hold_container_images(ConstBytes beginning);

} // namespace slipway::formats
