//! Text formats without decoding more than needed: blocks of whole records, the fields of a record, times.

pub(crate) mod blocks;
pub(crate) mod csv;
pub(crate) mod csv_file;
pub(crate) mod dialect;
pub(crate) mod encoding;
pub(crate) mod field_text;
pub(crate) mod header_doubt;
pub(crate) mod json_array;
pub(crate) mod json_text;
pub(crate) mod ndjson;
pub(crate) mod ndjson_file;
mod plain_object;
pub(crate) mod surrogates;
pub(crate) mod time;
pub(crate) mod whole_number;
