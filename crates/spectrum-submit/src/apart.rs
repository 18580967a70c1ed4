//! Processes that Ctrl-C does not reach: it is for this one, which ends or lets end what it began.

use std::process::Command;

/// Puts a process into a group of its own.
pub(crate) fn apart(command: &mut Command) -> &mut Command {
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    #[cfg(windows)]
    {
        /// CREATE_NEW_PROCESS_GROUP, in Windows' "Process Creation Flags".
        const NEW_GROUP: u32 = 0x200;
        std::os::windows::process::CommandExt::creation_flags(command, NEW_GROUP);
    }
    command
}
