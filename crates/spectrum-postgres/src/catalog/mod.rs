//! What is in the database, read from its catalog. Nothing here changes anything.

mod changed;
mod columns;
mod dependents;
mod indexes;
mod known;
mod partitions;
mod policies;
mod relation;
mod server;
mod signed;
mod unlogged;

pub(crate) use changed::changed_columns;
pub(crate) use columns::{Column, columns_of};
pub(crate) use dependents::{Dependent, dependents_of};
pub(crate) use indexes::{Index, indexes_of, supports};
pub(crate) use known::IS_WATCHED;
pub(crate) use partitions::{Below, Partition, below, partitions};
pub(crate) use policies::hiding;
pub(crate) use relation::{Kind, Relation, find, grants_on, may_read, require, schema_comment};
pub(crate) use server::{check_server, check_writable};
pub(crate) use signed::signed;
pub(crate) use spectrum_core::internals::or_near;
pub(crate) use unlogged::unlogged;
