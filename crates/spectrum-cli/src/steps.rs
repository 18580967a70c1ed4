//! What a database is doing, on standard error and only on a terminal: a database does not report a percentage.

use std::io::{IsTerminal, stderr};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Shows one step after another until dropped.
pub(crate) struct Steps {
    spinner: Option<ProgressBar>,
}

impl Steps {
    pub(crate) fn show(quiet: bool) -> Self {
        if quiet || !stderr().is_terminal() {
            return Self { spinner: None };
        }
        let spinner = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template("{spinner} {msg}  {elapsed}");
        spinner.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
        spinner.enable_steady_tick(Duration::from_millis(100));
        Self { spinner: Some(spinner) }
    }

    /// A step begins.
    pub(crate) fn begin(&self, does: &(impl ToString + ?Sized)) {
        if let Some(spinner) = &self.spinner {
            spinner.set_message(does.to_string());
            spinner.reset_elapsed();
        }
    }

    /// How far the step is.
    pub(crate) fn tell(&self, does: &str) {
        if let Some(spinner) = &self.spinner {
            spinner.set_message(does.to_owned());
        }
    }
}

impl Drop for Steps {
    fn drop(&mut self) {
        if let Some(spinner) = &self.spinner {
            spinner.finish_and_clear();
        }
    }
}
