#include "tree/merge/test_trees.h"

#include <algorithm>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/text.h"
#include "tree/codec.h"
#include "tree/content.h"
#include "tree/walk.h"

namespace slipway::tree {

namespace {

std::string parent(const std::string& path) {
    return path.substr(0, path.rfind('/'));
}

std::string last(const std::string& path) {
    return path.substr(path.rfind('/') + 1);
}

bool beneath(const std::string& path, const std::string& directory) {
    return path == directory || path.starts_with(directory + "/");
}

} // namespace

void TestTree::make_parents(const std::string& path) {
    for (auto above = parent(path); !above.empty(); above = parent(above)) {
        names_.erase(above);
        directories_.try_emplace(above, Attributes{0755, 0, 0, {}, {}});
    }
}

TestTree& TestTree::node(const std::string& path, const Node& node, const Attributes& attributes) {
    if (is_directory(path)) {
        remove(path);
    }
    make_parents(path);
    inodes_.push_back({node, attributes});
    names_[path] = inodes_.size() - 1;
    return *this;
}

TestTree& TestTree::file(const std::string& path, std::string_view text) {
    node(path, File{}, {0644, 0, 0, {}, {}});
    return edit(path, text);
}

TestTree& TestTree::symlink(const std::string& path, const std::string& target) {
    return node(path, Symlink{target}, {0777, 0, 0, {}, {}});
}

TestTree& TestTree::directory(const std::string& path) {
    make_parents(path);
    names_.erase(path);
    directories_.try_emplace(path, Attributes{0755, 0, 0, {}, {}});
    return *this;
}

TestTree& TestTree::link(const std::string& path, const std::string& old_path) {
    const auto inode = names_.at(old_path);
    if (is_directory(path)) {
        remove(path);
    }
    make_parents(path);
    names_[path] = inode;
    return *this;
}

TestTree& TestTree::remove(const std::string& path) {
    std::erase_if(names_, [&](const auto& item) { return beneath(item.first, path); });
    std::erase_if(directories_, [&](const auto& item) { return beneath(item.first, path); });
    return *this;
}

TestTree& TestTree::rename(const std::string& old_path, const std::string& path) {
    const auto move = [&](auto& map) {
        auto old = map;
        for (const auto& [name, value] : old) {
            if (beneath(name, old_path)) {
                map.erase(name);
                map[path + name.substr(old_path.size())] = value;
            }
        }
    };
    make_parents(path);
    move(names_);
    move(directories_);
    return *this;
}

TestTree& TestTree::split(const std::string& path) {
    const auto copy = inode(path);
    inodes_.push_back(copy);
    names_[path] = inodes_.size() - 1;
    return *this;
}

TestTree& TestTree::edit(const std::string& path, std::string_view text) {
    const auto bytes = as_bytes(text);
    const File file{text.size(), text.empty() ? Digest{} : sha256(bytes)};
    texts_[file.content] = text;
    inodes_[names_.at(path)].node = file;
    return *this;
}

Attributes& TestTree::attributes(const std::string& path) {
    return is_directory(path) ? directories_.at(path) : inodes_[names_.at(path)].attributes;
}

bool TestTree::has_links(const std::string& path) const {
    const auto inode = names_.at(path);
    return std::count_if(names_.begin(), names_.end(), [&](const auto& item) {
               return item.second == inode;
           }) > 1;
}

std::map<std::size_t, LinkId> TestTree::link_ids() const {
    std::map<std::size_t, std::vector<std::string>> members;
    for (const auto& [path, inode] : names_) {
        members[inode].push_back(path);
    }
    std::map<std::size_t, LinkId> ids;
    for (const auto& [inode, paths] : members) {
        if (paths.size() > 1) {
            ids[inode] =
                LinkId::of_path(*std::min_element(paths.begin(), paths.end(), path_before));
        }
    }
    return ids;
}

Digest TestTree::store(MemoryContents& contents) const {
    for (const auto& [id, text] : texts_) {
        contents.put(to_buffer(as_bytes(text)));
    }
    const auto ids = link_ids();
    std::map<std::string, std::vector<Entry>> entries;
    for (const auto& [path, index] : names_) {
        const auto& inode = inodes_[index];
        Entry entry{last(path), inode.node, inode.attributes, {}};
        if (ids.count(index) != 0) {
            entry.link = ids.at(index);
        }
        entries[parent(path)].push_back(std::move(entry));
    }
    // Backwards, what is in a directory comes before it.
    for (auto at = directories_.rbegin(); at != directories_.rend(); ++at) {
        auto& list = entries[at->first];
        std::sort(list.begin(), list.end(), [](const Entry& a, const Entry& b) {
            return a.name < b.name;
        });
        const auto id = contents.put(encode(Directory{at->second, std::move(list)}));
        if (at->first.empty()) {
            return id;
        }
        entries[parent(at->first)].push_back({last(at->first), Subdirectory{id}, {}, {}});
    }
    return {};
}

TestTree TestTree::load(const Contents& contents, const Digest& tree) {
    TestTree loaded;
    std::map<LinkId, std::size_t> inodes;
    std::map<std::string, std::optional<LinkId>> ids;
    walk(contents, tree, [&](const std::string& path, const Digest&, const Directory& directory) {
        loaded.directories_[path] = directory.attributes;
        for (const auto& entry : directory.entries) {
            const auto name = path + "/" + entry.name;
            if (std::holds_alternative<Subdirectory>(entry.node)) {
                continue;
            }
            ids[name] = entry.link;
            auto index = loaded.inodes_.size();
            if (entry.link) {
                index = inodes.emplace(*entry.link, index).first->second;
            }
            if (index == loaded.inodes_.size()) {
                loaded.inodes_.push_back({entry.node, entry.attributes});
            }
            const auto& inode = loaded.inodes_[index];
            if (inode.node != entry.node || inode.attributes != entry.attributes) {
                throw Error(Fault::corrupt, name + " is not like its links");
            }
            loaded.names_[name] = index;
            if (const auto* file = std::get_if<File>(&entry.node)) {
                const auto bytes = read_all(*open_file(contents, *file), file->size);
                loaded.texts_[file->content] = as_text(bytes);
            }
        }
    });
    loaded.check_links(ids);
    return loaded;
}

void TestTree::check_links(const std::map<std::string, std::optional<LinkId>>& ids) const {
    const auto wanted = link_ids();
    for (const auto& [path, id] : ids) {
        const auto at = wanted.find(names_.at(path));
        if (id != (at == wanted.end() ? std::nullopt : std::optional(at->second))) {
            throw Error(Fault::corrupt, "the link id of " + path + " is not canonical");
        }
    }
}

std::string TestTree::listing() const {
    std::string text;
    const auto add = [&](const std::string& path, const std::string& what, const Attributes& of) {
        text += fmt::format(
            "{} {} {:o} {}:{} {}", path, what, of.mode, of.uid, of.gid, of.mtime.seconds
        );
        for (const auto& xattr : of.xattrs) {
            text += fmt::format(" {}={}", xattr.name, printable(xattr.value));
        }
        text += "\n";
    };
    for (const auto& [path, attributes] : directories_) {
        add(path + "/", "directory", attributes);
    }
    std::map<std::size_t, std::string> firsts;
    for (const auto& [path, index] : names_) {
        const auto& inode = inodes_[index];
        const auto& first = firsts.emplace(index, path).first->second;
        const auto* file = std::get_if<File>(&inode.node);
        const auto what = file != nullptr
                              ? "'" + printable(texts_.at(file->content)) + "'"
                              : describe(Entry{last(path), inode.node, inode.attributes, {}});
        add(path, first == path ? what : "= " + first + " " + what, inode.attributes);
    }
    return text;
}

Digest MemorySink::add(Kind kind, Buffer encoded) {
    if (kind != Kind::directory) {
        throw Error(Fault::internal, "a merge makes directories only");
    }
    decode_directory(encoded);
    ++added_;
    return contents_.put(std::move(encoded));
}

File MemorySink::add_file(Buffer bytes) {
    const File file{bytes.size(), bytes.empty() ? Digest{} : sha256(bytes)};
    contents_.put(std::move(bytes));
    return file;
}

DriverResult LineSetDriver::merge(const DriverInput& input, Favour favour) const {
    ++calls;
    const auto lines = [](ConstBytes bytes) {
        std::set<std::string> set;
        for (const auto line : split(as_text(bytes), '\n')) {
            if (!line.empty()) {
                set.emplace(line);
            }
        }
        return set;
    };
    const auto base = lines(input.base.value_or(ConstBytes{}));
    const auto ours = lines(input.ours);
    const auto theirs = lines(input.theirs);
    auto all = ours;
    all.insert(theirs.begin(), theirs.end());
    const auto new_clash = [&](const std::set<std::string>& side,
                               const std::set<std::string>& other) {
        const auto at = std::find_if(side.begin(), side.end(), [&](const std::string& line) {
            return line.starts_with("clash") && base.count(line) == 0 && other.count(line) == 0;
        });
        return at == side.end() ? std::nullopt : std::optional(*at);
    };
    const auto mine = new_clash(ours, theirs);
    const auto yours = new_clash(theirs, ours);
    DriverResult result;
    if (mine && yours && favour == Favour::none) {
        result.conflicts.push_back({"clash", std::nullopt, mine, yours});
    }
    if (mine && yours && favour != Favour::none) {
        all.erase(favour == Favour::ours ? *yours : *mine);
    }
    std::string merged;
    for (const auto& line : all) {
        const auto both = ours.count(line) != 0 && theirs.count(line) != 0;
        merged += both || base.count(line) == 0 ? line + "\n" : "";
    }
    result.merged = to_buffer(as_bytes(merged));
    return result;
}

namespace {

TEST(TestTree, ComesBackAsItWasStored) {
    MemoryContents contents;
    TestTree tree;
    tree.file("/a/b", "text").link("/a.b", "/a/b").symlink("/c", "a").directory("/d");
    const auto loaded = TestTree::load(contents, tree.store(contents));
    EXPECT_EQ(loaded.store(contents), tree.store(contents));
    EXPECT_TRUE(loaded.linked("/a/b", "/a.b"));
}

} // namespace
} // namespace slipway::tree
