//! Checkpoints: the actions of a log up to a version, as Parquet.

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{Schema, SchemaRef as ArrowSchema};
use bytes::Bytes;
use delta_kernel::expressions::PredicateRef;
use delta_kernel::schema::SchemaRef;
use delta_kernel::{
    EngineData, FileDataReadResultIterator, FileMeta, KernelResult, KernelResultIteratorStatic,
    ParquetFooter, ParquetHandler,
};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use spectrum_engine::lake::fitted;
use url::Url;

use super::rows::{Rows, failed, with_file};
use super::storage::Storage;
use super::{only_writers_need, through};
use crate::error::LogError;
use crate::places::named;
use crate::types::{Purpose, arrow_schema, kernel_schema};

pub(super) struct Checkpoints {
    pub(super) storage: Storage,
}

impl ParquetHandler for Checkpoints {
    fn read_parquet_files(
        &self,
        files: &[FileMeta],
        schema: SchemaRef,
        _: Option<PredicateRef>,
    ) -> KernelResult<FileDataReadResultIterator> {
        let (asked, schema) = (Arc::clone(&schema), Arc::new(arrow_schema(&schema, Purpose::Actions)?));
        let files: Vec<Url> = files.iter().map(|file| file.location.clone()).collect();
        let storage = self.storage.clone();
        Ok(Box::new(files.into_iter().flat_map(move |file| {
            let batches = batches(&storage, &file, &schema, &asked);
            batches.unwrap_or_else(|error| Box::new(std::iter::once(Err(error))))
        })))
    }

    fn write_parquet_file(
        &self,
        _: Url,
        _: KernelResultIteratorStatic<Box<dyn EngineData>>,
    ) -> KernelResult<u64> {
        Err(only_writers_need("a checkpoint is to be written"))
    }

    fn read_parquet_footer(&self, file: &FileMeta) -> KernelResult<ParquetFooter> {
        let found = open(&self.storage, &file.location)?;
        Ok(ParquetFooter { schema: Arc::new(kernel_schema(found.schema())?) })
    }
}

fn open(storage: &Storage, file: &Url) -> KernelResult<ParquetRecordBatchReaderBuilder<Bytes>> {
    let bytes = storage.read(file, None)?;
    ParquetRecordBatchReaderBuilder::try_new(bytes).map_err(|error| damaged(file, &error.to_string()))
}

fn damaged(file: &Url, reason: &str) -> delta_kernel::KernelError {
    let reason = reason.strip_prefix("Parquet error: ").unwrap_or(reason).to_owned();
    through(LogError::Damaged { name: named(file), reason })
}

fn batches(
    storage: &Storage,
    file: &Url,
    schema: &ArrowSchema,
    asked: &SchemaRef,
) -> KernelResult<FileDataReadResultIterator> {
    let builder = open(storage, file)?;
    let roots = builder.schema().fields().iter().enumerate();
    let wanted = roots.filter(|(_, field)| schema.field_with_name(field.name()).is_ok());
    let mask = ProjectionMask::roots(builder.parquet_schema(), wanted.map(|(root, _)| root));
    let reader = builder.with_projection(mask).build();
    let reader = reader.map_err(|error| damaged(file, &error.to_string()))?;
    let (file, schema, asked) = (file.clone(), Arc::clone(schema), Arc::clone(asked));
    Ok(Box::new(reader.map(move |batch| {
        let batch = batch.map_err(|error| damaged(&file, &error.to_string()))?;
        let fitted = with_file(fit(&batch, &schema)?, &asked, &file)?;
        Ok(Box::new(Rows(fitted)) as Box<dyn EngineData>)
    })))
}

fn fit(batch: &RecordBatch, schema: &Arc<Schema>) -> KernelResult<RecordBatch> {
    fitted(batch, schema).map_err(failed)
}
