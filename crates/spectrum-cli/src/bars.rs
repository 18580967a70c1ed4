//! Bars of block characters, an eighth of a character exact.

/// A bar for a share of the greatest value, where that has `width` characters. Only zero has no bar at all.
pub(crate) fn bar(value: u64, greatest: u64, width: usize) -> String {
    const PARTIAL: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let (value, greatest) = (u128::from(value), u128::from(greatest.max(1)));
    let eighths = (value * width as u128 * 8 + greatest / 2) / greatest;
    let eighths = if value > 0 { eighths.max(1) as usize } else { 0 };
    "█".repeat(eighths / 8) + PARTIAL[eighths % 8]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_as_long_as_their_share() {
        assert_eq!(bar(10, 10, 4), "████");
        assert_eq!(bar(5, 10, 4), "██");
        assert_eq!(bar(9, 16, 2), "█▏");
        assert_eq!(bar(0, 10, 4), "");
        assert_eq!(bar(1, 1_000_000, 4), "▏");
        assert_eq!(bar(0, 0, 4), "");
        assert_eq!(bar(u64::MAX, u64::MAX, 3), "███");
    }
}
