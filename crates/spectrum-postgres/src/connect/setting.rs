//! A setting of a connection, from a URL or from pairs of names and values.

/// A setting as it was written.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Setting {
    pub(super) name: String,
    pub(super) value: String,
}
