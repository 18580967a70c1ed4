//! What is said of a header that may be none.

use crate::text::header_doubt::HeaderDoubt;

/// What goes on after the columns that it has.
pub(super) fn doubt_in_words(doubt: Option<&HeaderDoubt>) -> String {
    match doubt {
        Some(HeaderDoubt::Data(name)) => {
            format!("; '{name}' looks like data, so the first line may not be a header")
        }
        _ => String::new(),
    }
}
