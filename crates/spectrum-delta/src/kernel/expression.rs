//! The expressions that finding the files of a table takes: columns, members, and NULL, put together in structs.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, RecordBatch, RecordBatchOptions, StructArray, new_null_array};
use arrow_schema::{DataType as ArrowType, Field, Schema};
use delta_kernel::expressions::{Expression, ExpressionRef, PredicateRef, Scalar};
use delta_kernel::schema::{DataType, SchemaRef};
use delta_kernel::{
    EngineData, EvaluationHandler, ExpressionEvaluator, KernelError, KernelResult, PredicateEvaluator,
};

use super::only_writers_need;
use super::rows::{Rows, column, failed};
use crate::types::{Purpose, arrow_type};

pub(super) struct Expressions;

struct Evaluator {
    expression: ExpressionRef,
    output: ArrowType,
}

impl EvaluationHandler for Expressions {
    fn new_expression_evaluator(
        &self,
        _: SchemaRef,
        expression: ExpressionRef,
        output: DataType,
    ) -> KernelResult<Arc<dyn ExpressionEvaluator>> {
        let output = arrow_type(&output, Purpose::Actions)?;
        Ok(Arc::new(Evaluator { expression, output }))
    }

    fn new_predicate_evaluator(
        &self,
        _: SchemaRef,
        _: PredicateRef,
    ) -> KernelResult<Arc<dyn PredicateEvaluator>> {
        Err(KernelError::Unsupported("a predicate, though none was given".to_owned()))
    }

    fn create_many(&self, _: SchemaRef, _: Vec<Vec<Scalar>>) -> KernelResult<Box<dyn EngineData>> {
        Err(only_writers_need("rows are to be made"))
    }
}

impl ExpressionEvaluator for Evaluator {
    fn evaluate(&self, batch: &dyn EngineData) -> KernelResult<Box<dyn EngineData>> {
        let batch = &Rows::of(batch)?.0;
        let rows = batch.num_rows();
        let value = evaluate(&self.expression, batch, &self.output)?;
        let (fields, columns) = match value.as_any().downcast_ref::<StructArray>() {
            Some(found) if matches!(*self.expression, Expression::Struct(..)) => {
                (found.fields().clone(), found.columns().to_vec())
            }
            _ => (vec![Field::new("output", self.output.clone(), true)].into(), vec![value]),
        };
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let batch = RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &options);
        Ok(Box::new(Rows(batch.map_err(failed)?)))
    }
}

fn evaluate(expression: &Expression, batch: &RecordBatch, output: &ArrowType) -> KernelResult<ArrayRef> {
    match (expression, output) {
        (Expression::Column(name), _) => {
            column(batch, name).ok_or_else(|| KernelError::MissingColumn(name.to_string()))
        }
        (Expression::Literal(Scalar::Null(_)), _) => Ok(new_null_array(output, batch.num_rows())),
        (Expression::Struct(members, None), ArrowType::Struct(fields)) if members.len() == fields.len() => {
            let members = members.iter().zip(fields);
            let columns = members.map(|(member, field)| evaluate(member, batch, field.data_type()));
            let columns = columns.collect::<KernelResult<Vec<_>>>()?;
            let made = StructArray::try_new_with_length(fields.clone(), columns, None, batch.num_rows());
            Ok(Arc::new(made.map_err(failed)?))
        }
        _ => Err(KernelError::Unsupported(format!("the expression {expression}"))),
    }
}
