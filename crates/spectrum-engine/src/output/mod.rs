//! Where results go: files that appear under their name only when complete, or standard output.

pub(crate) mod batches;
pub(crate) mod csv_text;
mod gzip;
mod not_in_json;
mod plain_types;
pub(crate) mod run_outputs;
pub(crate) mod target;
pub(crate) mod text_file;
mod text_times;
