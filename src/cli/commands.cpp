#include "cli/commands.h"

namespace slipway::cli {

std::vector<Command> all_commands() {
    return {
        init_command(),    import_command(),  run_command(),         shell_command(),
        add_command(),     upgrade_command(), bake_command(),        branches_command(),
        log_command(),     show_command(),    diff_command(),        blame_command(),
        branch_command(),  tag_command(),     promote_command(),     rollback_command(),
        reflog_command(),  revert_command(),  cherry_pick_command(), merge_command(),
        rebase_command(),  sign_command(),    verify_command(),      keys_command(),
        ls_command(),      cat_command(),     checkout_command(),    image_command(),
        mount_command(),   umount_command(),  serve_command(),       serve_stdio_command(),
        publish_command(), pull_command(),    push_command(),        mirror_command(),
        remote_command(),  gc_command(),      leases_command(),      fsck_command(),
        repack_command(),  version_command(), help_command(),        completion_command(),
        man_command(),
    };
}

} // namespace slipway::cli
