//! What is said of a header that may be none.

use spectrum_core::internals::or_near;

use crate::text::header_doubt::HeaderDoubt;

/// What may have been meant: nothing where the header is doubtful.
pub(super) fn meant(column: &str, present: &[String], doubt: Option<&HeaderDoubt>) -> String {
    match doubt {
        None => or_near(column, present.iter().map(String::as_str)),
        Some(_) => String::new(),
    }
}

/// What goes on after the columns that it has.
pub(super) fn doubt_in_words(doubt: Option<&HeaderDoubt>) -> String {
    match doubt {
        Some(HeaderDoubt::Data(name)) => {
            format!("; '{name}' looks like data, so the first line may not be a header")
        }
        _ => String::new(),
    }
}
