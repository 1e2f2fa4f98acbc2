#include "tree/merge/survey.h"

#include <algorithm>

#include "tree/merge/conflict.h"
#include "tree/merge/fields.h"
#include "tree/merge/moves.h"

namespace slipway::tree::merging {

namespace {

bool equal(const Entry* a, const Entry* b) {
    return a == nullptr || b == nullptr ? a == b : *a == *b;
}

bool linked(const Entry* entry) {
    return entry != nullptr && entry->link.has_value();
}

class Surveyor {
public:
    explicit Surveyor(DirectoryReader& reader) : reader_(reader), cursor_(reader) {}

    void look(const Triple<std::optional<Digest>>& roots) {
        visit_directories({}, {}, roots);
        while (cursor_.inside()) {
            if (const auto names = cursor_.next()) {
                visit(*names);
            } else {
                cursor_.leave();
            }
        }
    }

    /// Adds the records of the subtrees that were not opened, if they are needed.
    void complete_links(bool owners_change) {
        scan(theirs_changed_, Version::theirs);
        if (links_of_.theirs || clashing_) {
            scan(ours_changed_, Version::ours);
        }
        const auto one = links_of_.ours || links_of_.theirs;
        const auto both = links_of_.ours && links_of_.theirs;
        if (!both && !(clashing_ && one) && !(owners_change && links_of_.theirs)) {
            survey_.links.clear();
            return;
        }
        scan_both_changed();
        std::sort(
            survey_.links.begin(),
            survey_.links.end(),
            [](const LinkRecord& a, const LinkRecord& b) { return path_before(a.path, b.path); }
        );
    }

    Survey take() && { return std::move(survey_); }

private:
    void visit(const Names& names) {
        const auto path = cursor_.path_of(*names.name);
        const auto& entries = names.entries;
        clashing_ = clashing_ || may_clash(entries);
        if (linked(entries.base) || linked(entries.ours) || linked(entries.theirs)) {
            record(path, entries);
        } else {
            look_for_removal(path, entries);
        }
        visit_directories(*names.name, path, directories_of(entries));
    }

    /// A directory may be lost with names in it that nobody else changed.
    bool may_clash(const Triple<const Entry*>& entries) const {
        const auto& [base, ours, theirs] = cursor_.directories();
        if (base != nullptr && (ours == nullptr || theirs == nullptr)) {
            return true; // removed by one side, changed by the other
        }
        bool directories = false;
        bool others = false;
        for (const auto version : all_versions) {
            const auto* entry = entries.of(version);
            directories = directories || directory_of(entry);
            others = others || (entry != nullptr && !directory_of(entry));
        }
        return directories && others;
    }

    void record(const std::string& path, const Triple<const Entry*>& entries) {
        const auto [base, ours, theirs] = entries;
        if (equal(base, ours) && equal(base, theirs)) {
            return;
        }
        survey_.links.push_back({path, {copy_of(base), copy_of(ours), copy_of(theirs)}});
        if (!equal(ours, theirs)) {
            links_of_.ours = links_of_.ours || !equal(base, ours);
            links_of_.theirs = links_of_.theirs || !equal(base, theirs);
        }
    }

    void look_for_removal(const std::string& path, const Triple<const Entry*>& entries) {
        const auto [base, ours, theirs] = entries;
        const auto* content = plain_file(base);
        if (content == nullptr || (ours != nullptr && theirs != nullptr)) {
            return;
        }
        if (ours == nullptr && theirs == nullptr) {
            survey_.vanished.push_back({path, *content});
            return;
        }
        const auto* kept = ours != nullptr ? ours : theirs;
        if (!directory_of(kept) && !same_but_time(*kept, *base)) {
            const auto remover = ours == nullptr ? Version::ours : Version::theirs;
            survey_.lost_edits.push_back({path, remover, *content});
        }
    }

    void visit_directories(
        const std::string& name,
        const std::string& path,
        const Triple<std::optional<Digest>>& directories
    ) {
        const auto& [base, ours, theirs] = directories;
        if (ours == theirs) {
            if (base != ours) {
                both_changed_.push_back({path, base, ours});
            }
        } else if (theirs == base) {
            ours_changed_.push_back({path, base, ours});
        } else if (ours == base) {
            theirs_changed_.push_back({path, base, theirs});
        } else {
            if (base && !(ours && theirs)) {
                survey_.removed.push_back({path, ours ? Version::theirs : Version::ours});
            }
            cursor_.enter(name, directories);
        }
    }

    void scan(const std::vector<ChangedSubtree>& subtrees, Version side) {
        for (const auto& subtree : subtrees) {
            for_each_change(
                reader_,
                subtree,
                [&](const std::string& path, const Entry* before, const Entry* after) {
                    if (linked(before) || linked(after)) {
                        Triple<const Entry*> entries{before, before, before};
                        entries.of(side) = after;
                        record(path, entries);
                    }
                }
            );
        }
    }

    void scan_both_changed() {
        for (const auto& subtree : both_changed_) {
            for_each_change(
                reader_,
                subtree,
                [&](const std::string& path, const Entry* before, const Entry* after) {
                    if (linked(before) || linked(after)) {
                        record(path, {before, after, after});
                    }
                }
            );
        }
    }

    DirectoryReader& reader_;
    Cursor cursor_;
    Survey survey_;
    std::vector<ChangedSubtree> ours_changed_;
    std::vector<ChangedSubtree> theirs_changed_;
    std::vector<ChangedSubtree> both_changed_;
    Triple<bool> links_of_; // a side changed hard links in its own way
    bool clashing_ = false; // some decision may be about a whole directory
};

} // namespace

Survey
survey(DirectoryReader& reader, const Triple<std::optional<Digest>>& roots, bool owners_change) {
    Surveyor surveyor(reader);
    surveyor.look(roots);
    surveyor.complete_links(owners_change);
    return std::move(surveyor).take();
}

} // namespace slipway::tree::merging
