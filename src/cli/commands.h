// The commands, one file each.
#pragma once

#include "cli/command.h"

namespace slipway::cli {

Command init_command();
Command import_command();
Command run_command();
Command shell_command();
Command add_command();
Command upgrade_command();
Command bake_command();
Command branches_command();
Command log_command();
Command show_command();
Command diff_command();
Command blame_command();
Command branch_command();
Command tag_command();
Command promote_command();
Command rollback_command();
Command revert_command();
Command cherry_pick_command();
Command merge_command();
Command rebase_command();
Command reflog_command();
Command sign_command();
Command verify_command();
Command ls_command();
Command cat_command();
Command checkout_command();
Command image_command();
Command mount_command();
Command umount_command();
Command serve_command();
Command serve_stdio_command();
Command publish_command();
Command pull_command();
Command push_command();
Command mirror_command();
Command remote_command();
Command fsck_command();
Command gc_command();
Command leases_command();
Command keys_command();
Command repack_command();
Command version_command();
Command help_command();
Command completion_command();
Command man_command();

} // namespace slipway::cli
