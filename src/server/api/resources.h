// The resources of a repository over HTTP (docs/format/http.md), and the same as plain files.
//
//   /v1/branches            where every branch is
//   /v1/tags                the tags
//   /v1/reflogs/NAME        every move of a branch; ':' stands for '/' in NAME
//   /v1/keys                the chain of key sets
//   /v1/heads/NAME          the head statement of a branch; ':' stands for '/' in NAME
//   /v1/history             every commit that a branch or its reflog reaches, in one bundle
//   /v1/commits/ID          one commit
//   /v1/signatures/ID       the signatures under a commit
//   /v1/trees/ID            all directories and chunk lists of a tree, in one bundle
//   /v1/trees/ID/from/ID    those of the first tree that the second lacks
//   /v1/places/ID           where each chunk of a tree lies
//   /v1/packs/ID.pack       a pack, by ranges
//   /v1/objects (POST)      the objects whose ids are sent, in one bundle
//   /v1/pack (POST)         the same, in one pack
//   /v1/pack-list           every pack and its size
//   /v1/signature-list      every signature of every commit
//   /v1/shallow             the commits at which the history ends on purpose
//
// What is named by an id never changes, but for places, which follow the packs.
#pragma once

#include <filesystem>
#include <string>

#include "base/reporter.h"
#include "net/http.h"
#include "server/file_cache.h"
#include "store/repository.h"

namespace slipway::server {

/// Any thread.
class Resources {
public:
    /// `repository` outlives it; what is made once and served often is kept in `cache`.
    Resources(const store::Repository& repository, const std::filesystem::path& cache);

    /// Answers a request whose path starts with "/v1/". Throws not_found for what does not exist.
    net::Response answer(const net::Request& request);

private:
    net::Response branches();
    net::Response tags();
    net::Response reflog(const std::string& name);
    net::Response keys();
    net::Response head(const std::string& name);
    net::Response history();
    net::Response commit(const std::string& id);
    net::Response signatures(const std::string& id);
    net::Response tree(const std::string& rest);
    net::Response places(const std::string& id);
    net::Response pack(const std::string& name);
    net::Response objects(const Buffer& body);
    net::Response assembled_pack(const Buffer& body);
    net::Response pack_list();
    net::Response signature_list();
    net::Response shallow();

    const store::Repository& repository_;
    std::filesystem::path scratch_;
    FileCache trees_;
};

/// Writes everything that reading clients need to `target` as files that any static web server can
/// serve; packs are hard links where that is possible. The heads come last, so that a client sees
/// the old state or the new one. What is there already is kept.
void publish(
    const store::Repository& repository, const std::filesystem::path& target, Reporter& reporter
);

} // namespace slipway::server
