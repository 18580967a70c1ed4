//! What is in the database, read from its catalog. Nothing here changes anything.

mod columns;
mod dependents;
mod indexes;
mod near;
mod partitions;
mod relation;
mod server;

pub(crate) use columns::{Column, columns_of};
pub(crate) use dependents::{Dependent, dependents_of};
pub(crate) use indexes::{Index, indexes_of, supports};
pub(crate) use near::or_near;
pub(crate) use partitions::{Below, Partition, below, partitions};
pub(crate) use relation::{Kind, Relation, find, grants_on, require, schema_comment};
pub(crate) use server::{check_server, check_writable};
