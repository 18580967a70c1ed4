//! What the kernel asks of whoever uses it: to list, read and parse the files of a table's log, and to hand the values over.
//!
//! | file | does |
//! |---|---|
//! | `storage.rs` | lists the log and reads its files |
//! | `json.rs` | commits, one action per line |
//! | `parquet.rs` | checkpoints |
//! | `expression.rs` | picks columns out of actions; no more is asked for while files are found |
//! | `rows.rs`, `getters.rs` | shows Arrow's columns to the kernel |
//!
//! The kernel has an engine of its own for all this, which needs object_store with every cloud and aws-lc.

mod expression;
mod getters;
mod json;
mod parquet;
mod rows;
mod storage;

use std::sync::Arc;

use delta_kernel::{Engine, EvaluationHandler, JsonHandler, KernelError, ParquetHandler, StorageHandler};

use spectrum_engine::store::Store;

use self::expression::Expressions;
use self::json::Json;
use self::parquet::Checkpoints;
use self::storage::Storage;
use crate::error::LogError;

/// The handlers over the files of a store.
pub(crate) struct Handlers {
    expressions: Arc<Expressions>,
    storage: Arc<Storage>,
    json: Arc<Json>,
    parquet: Arc<Checkpoints>,
}

impl Handlers {
    pub(crate) fn new(store: Arc<dyn Store>) -> Self {
        let storage = Storage { store };
        Self {
            expressions: Arc::new(Expressions),
            json: Arc::new(Json { storage: storage.clone() }),
            parquet: Arc::new(Checkpoints { storage: storage.clone() }),
            storage: Arc::new(storage),
        }
    }
}

impl Engine for Handlers {
    fn evaluation_handler(&self) -> Arc<dyn EvaluationHandler> {
        Arc::clone(&self.expressions) as Arc<dyn EvaluationHandler>
    }

    fn storage_handler(&self) -> Arc<dyn StorageHandler> {
        Arc::clone(&self.storage) as Arc<dyn StorageHandler>
    }

    fn json_handler(&self) -> Arc<dyn JsonHandler> {
        Arc::clone(&self.json) as Arc<dyn JsonHandler>
    }

    fn parquet_handler(&self) -> Arc<dyn ParquetHandler> {
        Arc::clone(&self.parquet) as Arc<dyn ParquetHandler>
    }
}

/// Carries an error of ours through the kernel, so that it can be found again.
pub(crate) fn through(error: LogError) -> KernelError {
    KernelError::GenericError { source: Box::new(error) }
}

/// What the kernel never asks for while a table is read.
fn only_writers_need(what: &str) -> KernelError {
    KernelError::Unsupported(format!("{what}, which only writers need"))
}
