//! A panic is a bug. The user gets a sentence to report instead of a backtrace.

use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind, set_hook};
use std::sync::{Mutex, PoisonError};

use crate::commands::note;

/// What the last panic said, and where.
static LAST: Mutex<Option<String>> = Mutex::new(None);

/// Runs the command. The engine catches what its decoders panic about on damaged files, so nothing is printed
/// when a panic begins, only when it ends here.
pub(crate) fn caught(run: impl FnOnce() -> u8) -> u8 {
    set_hook(Box::new(remember));
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| {
        let last = LAST.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or_default();
        note(&told(&last));
        101
    })
}

/// Every command can end here, and many finish one thing after another: views, parts, files. So nothing is said about
/// what is left but what holds for all of them.
fn told(last: &str) -> String {
    format!(
        "error: internal error: {last}\nThis is a bug in spectrum; please report it with the command line. What was \
         finished before stays; the rest was not done."
    )
}

fn remember(panic: &PanicHookInfo<'_>) {
    let payload = panic.payload();
    let said = payload.downcast_ref::<String>().map(String::as_str);
    let said = said.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("no message");
    // A thread's panic makes another one where the thread is joined, which says nothing new.
    if said != "a scoped thread panicked" {
        let place = panic.location().map_or_else(String::new, |place| format!(" ({place})"));
        *LAST.lock().unwrap_or_else(PoisonError::into_inner) = Some(format!("{said}{place}"));
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::told;

    /// A refresh that goes on every minute may have done so for weeks.
    #[test]
    fn it_is_not_said_that_nothing_was_written() {
        assert_snapshot!(told("index out of bounds (src/attach.rs:7:9)"), @r"
        error: internal error: index out of bounds (src/attach.rs:7:9)
        This is a bug in spectrum; please report it with the command line. What was finished before stays; the rest was not done.
        ");
    }
}
