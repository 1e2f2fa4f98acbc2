#include "tree/merge/drivers/records.h"

#include <array>
#include <charconv>
#include <unordered_set>

#include "base/text.h"
#include "tree/merge/drivers/unique.h"

namespace slipway::tree {

namespace {

constexpr std::array passwd_fields{
    RecordField{"name"},
    RecordField{"password", FieldKind::secret},
    RecordField{"uid", FieldKind::number},
    RecordField{"gid", FieldKind::number},
    RecordField{"comment"},
    RecordField{"home"},
    RecordField{"shell"}};

constexpr std::array shadow_fields{
    RecordField{"name"},
    RecordField{"password", FieldKind::secret},
    RecordField{"last change", FieldKind::date},
    RecordField{"minimum age"},
    RecordField{"maximum age"},
    RecordField{"warning days"},
    RecordField{"inactive days"},
    RecordField{"expiry"},
    RecordField{"reserved"}};

constexpr std::array group_fields{
    RecordField{"name"},
    RecordField{"password", FieldKind::secret},
    RecordField{"gid", FieldKind::number},
    RecordField{"members", FieldKind::names}};

constexpr std::array gshadow_fields{
    RecordField{"name"},
    RecordField{"password", FieldKind::secret},
    RecordField{"administrators", FieldKind::names},
    RecordField{"members", FieldKind::names}};

constexpr RecordFamily passwd{"user", passwd_fields, 2};
constexpr RecordFamily shadow{"user", shadow_fields};
constexpr RecordFamily group{"group", group_fields, 2};
constexpr RecordFamily gshadow{"group", gshadow_fields};

bool is_loose(std::string_view line) {
    return line.starts_with('#') || trimmed(line).empty();
}

/// The fields of a record; nothing if the line is none.
std::optional<std::vector<std::string_view>>
record_fields(std::string_view line, const RecordFamily& family) {
    auto fields = split(line, ':');
    if (fields.size() != family.fields.size() || fields.front().empty()) {
        return std::nullopt;
    }
    for (std::size_t i = 0; i < fields.size(); ++i) {
        if (family.fields[i].kind == FieldKind::number && !parse_id(fields[i])) {
            return std::nullopt;
        }
    }
    return fields;
}

/// Merges the fields of one record that both sides changed.
class RecordMerge {
public:
    RecordMerge(const RecordFamily& family, std::string what, Judge& judge)
        : family_(family), what_(std::move(what)), judge_(judge) {}

    std::string merge(const Versions& records) {
        const auto base =
            records.base ? split(*records.base, ':') : std::vector<std::string_view>();
        const auto ours = split(*records.ours, ':');
        const auto theirs = split(*records.theirs, ':');
        std::string merged;
        for (std::size_t i = 0; i < family_.fields.size(); ++i) {
            Versions values{{}, ours[i], theirs[i]};
            if (!base.empty()) {
                values.base = base[i];
            }
            merged += i == 0 ? "" : ":";
            merged += merge_field(family_.fields[i], values);
        }
        return merged;
    }

private:
    std::string merge_field(const RecordField& field, const Versions& values) {
        const auto side = changed_side(values.base, values.ours, values.theirs);
        if (field.kind == FieldKind::secret) {
            const auto taken = side ? *side : conflict(field, values);
            if (values.ours != values.theirs) {
                secret_side_ = taken;
                secret_clashed_ = !side;
            }
            return text(taken, values);
        }
        if (side) {
            return text(*side, values);
        }
        if (field.kind == FieldKind::names) {
            return merge_names(values, ',');
        }
        return field.kind == FieldKind::date ? merge_date(field, values)
                                             : text(conflict(field, values), values);
    }

    /// Both sides changed the date.
    std::string merge_date(const RecordField& field, const Versions& values) {
        if (secret_side_) {
            if (!secret_clashed_) {
                judge_.note(what_ + ": " + std::string(field.name) + ": goes with the password");
            }
            return text(*secret_side_, values);
        }
        const auto ours = parse_id(*values.ours);
        const auto theirs = parse_id(*values.theirs);
        // 0 and nothing are no dates: they ask for a change, or switch ageing off.
        if (!ours || !theirs || *ours == 0 || *theirs == 0) {
            return text(conflict(field, values), values);
        }
        judge_.note(what_ + ": " + std::string(field.name) + ": the later of both is kept");
        return text(*ours < *theirs ? Side::theirs : Side::ours, values);
    }

    Side conflict(const RecordField& field, const Versions& values) {
        const auto show = [&](const std::optional<std::string_view>& value) {
            return !value                            ? std::nullopt
                   : field.kind == FieldKind::secret ? std::optional(without_secret(*value))
                                                     : std::optional(std::string(*value));
        };
        return judge_.conflict(
            {what_ + ": " + std::string(field.name),
             show(values.base),
             show(values.ours),
             show(values.theirs)}
        );
    }

    static std::string text(Side side, const Versions& values) {
        return std::string(*pick(side, values.ours, values.theirs));
    }

    const RecordFamily& family_;
    std::string what_;
    Judge& judge_;
    std::optional<Side> secret_side_; ///< where the secret is from, if the sides differ in it
    bool secret_clashed_ = false;
};

/// A record without its secrets.
std::string show_record(std::string_view line, const RecordFamily& family) {
    std::string shown;
    const auto fields = split(line, ':');
    for (std::size_t i = 0; i < fields.size(); ++i) {
        const auto is_secret =
            i < family.fields.size() && family.fields[i].kind == FieldKind::secret;
        shown += i == 0 ? "" : ":";
        shown += is_secret ? without_secret(fields[i]) : std::string(fields[i]);
    }
    return shown;
}

UniqueValue unique_id(const RecordFamily& family) {
    const auto at = *family.id;
    return {
        [at](PartKind kind, std::string_view text) -> std::optional<std::string> {
            if (kind != PartKind::record) {
                return std::nullopt;
            }
            return std::to_string(parse_id(split(text, ':')[at]).value_or(0));
        },
        [at, &family](const std::string& id) {
            return std::string(family.fields[at].name) + " " + id;
        }};
}

std::string merge_records(const TextVersions& versions, const RecordFamily& family, Judge& judge) {
    const Three<LineFile> files{
        read_lines(versions.base.value_or("")),
        read_lines(versions.ours),
        read_lines(versions.theirs)};
    const Three<Parts> parts{
        parse_records(files.base, family),
        parse_records(files.ours, family),
        parse_records(files.theirs, family)};
    auto merged = merge_parts(parts, record_rules(family, judge), judge);
    if (family.id) {
        keep_unique(merged, parts, unique_id(family), judge);
    }
    return join_parts(merged, merged_final_newline(files));
}

} // namespace

const RecordFamily& passwd_family() {
    return passwd;
}

const RecordFamily& group_family() {
    return group;
}

std::optional<std::uint32_t> parse_id(std::string_view text) {
    std::uint32_t id = 0;
    const auto* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, id);
    return error == std::errc() && stop == end && !text.empty() ? std::optional(id) : std::nullopt;
}

Parts parse_records(const LineFile& file, const RecordFamily& family) {
    Parts parts;
    parts.reserve(file.lines.size());
    for (const auto line : file.lines) {
        Part part{PartKind::malformed, std::string(line), line};
        if (is_loose(line)) {
            part.kind = PartKind::loose;
        } else if (family.compat && (line.front() == '+' || line.front() == '-')) {
            part.kind = PartKind::compat;
            part.key = line.substr(0, line.find(':'));
        } else if (const auto fields = record_fields(line, family)) {
            part.kind = PartKind::record;
            part.key = fields->front();
            for (std::size_t i = 1; i < family.key_fields; ++i) {
                part.key += ":" + std::string((*fields)[i]);
            }
        }
        parts.push_back(std::move(part));
    }
    return parts;
}

std::string without_secret(std::string_view secret) {
    // A locked password keeps its hash behind the mark.
    const auto hash = secret.substr(std::min(secret.find_first_not_of("!*"), secret.size()));
    if (hash.empty() || hash == "x") {
        return std::string(secret);
    }
    const auto scheme_end = hash.starts_with('$') ? hash.find('$', 1) : hash.npos;
    const auto shown = scheme_end == hash.npos ? 0 : scheme_end + 1;
    return std::string(secret.substr(0, secret.size() - hash.size() + shown)) + "(hidden)";
}

std::string merge_names(const Versions& versions, char separator) {
    const auto set_of = [&](const std::optional<std::string_view>& names) {
        const auto list = split(names.value_or(std::string_view()), separator);
        return std::unordered_set<std::string_view>(list.begin(), list.end());
    };
    const auto base = set_of(versions.base);
    const auto ours = set_of(versions.ours);
    const auto theirs = set_of(versions.theirs);
    std::string merged;
    std::unordered_set<std::string_view> seen{""};
    const auto add = [&](std::string_view name) {
        if (seen.insert(name).second) {
            merged += merged.empty() ? "" : std::string(1, separator);
            merged += name;
        }
    };
    for (const auto name : split(versions.ours.value_or(""), separator)) {
        if (theirs.contains(name) || !base.contains(name)) {
            add(name);
        }
    }
    for (const auto name : split(versions.theirs.value_or(""), separator)) {
        if (!ours.contains(name) && !base.contains(name)) {
            add(name);
        }
    }
    return merged;
}

PartRules record_rules(const RecordFamily& family, Judge& judge) {
    PartRules rules;
    const auto name = [&family](const std::string& key) {
        return std::string(family.noun) + " " + key;
    };
    rules.name = name;
    rules.show = [&family](std::string_view line) { return show_record(line, family); };
    rules.merge = [&family, &judge, name](const std::string& key, const Versions& versions) {
        return RecordMerge(family, name(key), judge).merge(versions);
    };
    rules.notes = PartRules::Notes::all;
    return rules;
}

std::string merge_passwd(const TextVersions& versions, Judge& judge) {
    return merge_records(versions, passwd, judge);
}

std::string merge_shadow(const TextVersions& versions, Judge& judge) {
    return merge_records(versions, shadow, judge);
}

std::string merge_group(const TextVersions& versions, Judge& judge) {
    return merge_records(versions, group, judge);
}

std::string merge_gshadow(const TextVersions& versions, Judge& judge) {
    return merge_records(versions, gshadow, judge);
}

} // namespace slipway::tree
