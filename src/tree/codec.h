// The canonical encodings of objects (docs/format/objects.md).
//
// One value has one encoding. Decoders take hostile bytes; they throw Fault::corrupt for anything
// that is not canonical. Encoders throw Fault::usage for a value that breaks a rule of objects.h.
#pragma once

#include "base/bytes.h"
#include "tree/objects.h"

namespace slipway::tree {

Buffer encode(const ChunkList& list);
Buffer encode(const Directory& directory);
Buffer encode(const Commit& commit);

ChunkList decode_chunk_list(ConstBytes bytes);
Directory decode_directory(ConstBytes bytes);
Commit decode_commit(ConstBytes bytes);

/// Throws Fault::usage unless `name` can name an entry.
void check_name(std::string_view name);

} // namespace slipway::tree
