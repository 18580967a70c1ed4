//! Versions of Delta tables as inputs of the engine.
//!
//! The log of a table says which files belong to a version, which of their rows were deleted, and what their columns are
//! called. delta_kernel reads it, and here it becomes a [`LakeTable`], which [`spectrum_engine::Input::of_table`] reads as it
//! reads any Parquet.

mod error;
mod kernel;
mod partition;
mod places;
mod types;
mod version;

pub use error::{DeltaError, LogError};
pub use version::{At, is_table, read};

#[doc(no_inline)]
pub use spectrum_engine::LakeTable;
