// Where the objects of a tree go while it is read (implemented by store::Ingestion).
#pragma once

#include <functional>
#include <string_view>

#include "base/stream.h"
#include "tree/objects.h"

namespace slipway::tree {

/// The order of the files of one directory in which they are added: by extension (what follows the
/// last dot, unless that dot begins the name), then by name.
bool stored_before(std::string_view name, std::string_view other);

/// Takes in objects. One thread calls; reading, hashing and compressing happen on all cores behind
/// it, bounded in memory. Objects are kept in the order they are added: add files by directory,
/// then extension, then name, so that alike files share a frame.
class Ingest {
public:
    virtual ~Ingest() = default;

    /// Called once a payload's size and name are known, in the order of the calls to add, never
    /// two at once, possibly on another thread. An exception thrown in it stops everything.
    using Done = std::function<void(const File& file)>;

    /// Reads a whole small payload; called once, on another thread. At most
    /// largest_single_chunk bytes may come back.
    using ReadSmall = std::function<Buffer()>;

    /// Adds a payload of at most largest_single_chunk bytes. May block while much is in flight.
    virtual void add_small(std::uint64_t size, ReadSmall read, Done done) = 0;

    /// Adds a payload of any size, which `feed` pushes in order on the calling thread.
    /// A payload that turns out to be small is stored as one.
    class Feed {
    public:
        virtual ~Feed() = default;
        virtual void data(ConstBytes bytes) = 0;
        virtual void zeros(std::uint64_t length) = 0;
    };

    virtual void add_long(const std::function<void(Feed& feed)>& push, Done done) = 0;

    /// Adds an encoded object: a directory.
    virtual Digest add_object(Kind kind, Buffer encoded) = 0;

    /// True if the payload is held already, with all its chunks: nothing need be read.
    virtual bool holds(const File& file) = 0;

    /// Waits until every Done has been called; throws the first error.
    virtual void settle() = 0;
};

} // namespace slipway::tree
