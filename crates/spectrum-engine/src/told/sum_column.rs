//! Sums as a column of decimals, which all have as many digits behind the point.

use std::sync::Arc;

use arrow_array::{ArrayRef, Decimal128Array};
use spectrum_core::Decimal;

use crate::error::{EngineError, Result, ToldError};

/// The digits of a sum.
const DIGITS: u8 = 38;

/// The column of this name: with so many digits behind the point, or else as many as any sum has.
///
/// # Errors
/// When one has more than 38 digits then. It was added up, but there is no room for it beside the others.
pub(crate) fn sum_column(name: &str, sums: &[Option<Decimal>], scale: Option<u8>) -> Result<ArrayRef> {
    let most = || sums.iter().flatten().map(|sum| sum.scale()).max().unwrap_or_default();
    let scale = scale.unwrap_or_else(most);
    let digits = |sum: &Decimal| {
        let digits = sum.at_scale(scale).filter(|digits| digits.unsigned_abs() < 10_u128.pow(DIGITS.into()));
        digits.ok_or_else(|| EngineError::from(ToldError::SumTooLong(name.to_owned())))
    };
    let digits = sums.iter().map(|sum| sum.as_ref().map(digits).transpose());
    let digits = digits.collect::<Result<Decimal128Array>>()?;
    let digits = digits.with_precision_and_scale(DIGITS, scale.cast_signed());
    Ok(Arc::new(digits.map_err(|source| EngineError::Arrow { name: name.to_owned(), source })?))
}
