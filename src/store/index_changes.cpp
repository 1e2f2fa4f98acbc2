// How the index changes: packs come, take each other's place and go; objects are condemned.
#include <unordered_set>

#include <fmt/format.h>

#include "base/error.h"
#include "base/failpoint.h"
#include "store/index_state.h"

namespace slipway::store {

namespace {

Location place_in(PackNumber pack, const Frame& frame, const FrameObject& object) {
    return {pack, frame.place, object.kind, object.offset, object.length};
}

void each_object(
    const std::vector<Frame>& frames,
    const std::function<void(const Frame& frame, const FrameObject& object)>& visit
) {
    for (const auto& frame : frames) {
        for (const auto& object : frame.objects) {
            visit(frame, object);
        }
    }
}

/// Moves records from one database to another.
void move_records(MDB_env* environment, MDB_dbi from, MDB_dbi to, const std::vector<Digest>& ids) {
    Transaction transaction(environment, Access::read_write);
    for (const auto& id : ids) {
        if (const auto found = transaction.find(from, id.view())) {
            const auto record = to_buffer(bytes_of(*found));
            transaction.put(to, id.view(), record);
            transaction.remove(from, id.view());
        }
    }
    transaction.commit();
}

/// One transaction that lets packs take the place of others.
class PackExchange {
public:
    PackExchange(const ObjectIndex::State& state, MDB_dbi condemned)
        : state_(state), condemned_(condemned),
          transaction_(state.environment, Access::read_write) {}

    void begin_removing(const Digest& pack) {
        if (const auto known = transaction_.find(state_.numbers, pack.view())) {
            going_.insert(number_of(*known));
        }
    }

    void add(const PackContents& pack) {
        const auto number = state_.number_pack(transaction_, pack.pack);
        each_object(pack.frames, [&](const Frame& frame, const FrameObject& object) {
            add(object.id, encode(place_in(number, frame, object)));
        });
    }

    void remove(const PackContents& pack) {
        const auto known = transaction_.find(state_.numbers, pack.pack.view());
        if (!known) {
            return;
        }
        const auto number = to_buffer(bytes_of(*known));
        each_object(pack.frames, [&](const Frame&, const FrameObject& object) {
            if (is_going(transaction_.find(state_.objects, object.id.view()))) {
                throw Error(
                    Fault::internal,
                    fmt::format(
                        "object {} of pack {} would be lost", object.id.hex(), pack.pack.hex()
                    )
                );
            }
            if (is_going(transaction_.find(condemned_, object.id.view()))) {
                transaction_.remove(condemned_, object.id.view());
            }
        });
        transaction_.remove(state_.packs, number);
        transaction_.remove(state_.numbers, pack.pack.view());
    }

    void commit() { transaction_.commit(); }

private:
    void add(const Digest& id, const Buffer& record) {
        const auto held = transaction_.find(state_.objects, id.view());
        const auto waits = held ? std::nullopt : transaction_.find(condemned_, id.view());
        if (is_going(held) || (!held && !waits)) {
            transaction_.put(state_.objects, id.view(), record);
        } else if (is_going(waits)) {
            transaction_.put(condemned_, id.view(), record);
        }
    }

    /// True if there is a record, and it says that the object is in a pack that goes.
    bool is_going(const std::optional<MDB_val>& record) const {
        return record && going_.contains(decode_location(*record).pack);
    }

    const ObjectIndex::State& state_;
    MDB_dbi condemned_;
    Transaction transaction_;
    std::unordered_set<PackNumber> going_;
};

} // namespace

void ObjectIndex::add_pack(const Digest& pack, const std::vector<Frame>& frames) {
    const auto condemned = state_->condemned().value();
    Transaction transaction(state_->environment, Access::read_write);
    const auto number = state_->number_pack(transaction, pack);
    each_object(frames, [&](const Frame& frame, const FrameObject& object) {
        if (!transaction.find(state_->objects, object.id.view())) {
            const auto record = encode(place_in(number, frame, object));
            transaction.put(state_->objects, object.id.view(), record);
            transaction.remove(condemned, object.id.view());
        }
    });
    transaction.commit();
}

bool ObjectIndex::can_go(const PackContents& pack, const std::unordered_set<Digest>& elsewhere)
    const {
    const Transaction transaction(state_->environment, Access::read_only);
    const auto number = transaction.find(state_->numbers, pack.pack.view());
    bool can = true;
    each_object(pack.frames, [&](const Frame&, const FrameObject& object) {
        const auto held = transaction.find(state_->objects, object.id.view());
        can = can && !(number && held && decode_location(*held).pack == number_of(*number) &&
                       !elsewhere.contains(object.id));
    });
    return can;
}

void ObjectIndex::replace(
    const std::vector<PackContents>& removed, const std::vector<PackContents>& added
) {
    PackExchange exchange(*state_, state_->condemned().value());
    for (const auto& pack : removed) {
        exchange.begin_removing(pack.pack);
    }
    for (const auto& pack : added) {
        exchange.add(pack);
    }
    for (const auto& pack : removed) {
        exchange.remove(pack);
    }
    failpoint("index.before-replace");
    exchange.commit();
    failpoint("index.replaced");
}

void ObjectIndex::condemn(const std::vector<Digest>& ids) {
    move_records(state_->environment, state_->objects, state_->condemned().value(), ids);
    failpoint("index.condemned");
}

void ObjectIndex::reprieve(const std::vector<Digest>& ids) {
    move_records(state_->environment, state_->condemned().value(), state_->objects, ids);
    failpoint("index.reprieved");
}

} // namespace slipway::store
