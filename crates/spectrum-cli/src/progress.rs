//! A bar on standard error while a run lasts longer than a second, and only on a terminal.

use std::io::{IsTerminal, stderr};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use spectrum_engine::Watch;

/// Shows a watch's progress until dropped.
pub(crate) struct Progress {
    painter: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Progress {
    pub(crate) fn show(watch: &Arc<Watch>, quiet: bool) -> Self {
        if quiet || !stderr().is_terminal() {
            return Self { painter: None };
        }
        let watch = Arc::clone(watch);
        let (stop, stopped) = channel();
        let painter = std::thread::spawn(move || {
            if stopped.recv_timeout(Duration::from_secs(1)) != Err(RecvTimeoutError::Timeout) {
                return;
            }
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            let style = |template| {
                ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
            };
            let measured = style("{msg:26} {bar:40} {percent:>3} %  {eta} left");
            let unmeasured = style("{msg:26} {spinner} {elapsed}");
            loop {
                let (stage, done, total) = watch.progress();
                bar.set_style(if total > 0 { measured.clone() } else { unmeasured.clone() });
                bar.set_length(total);
                bar.set_message(stage);
                bar.set_position(done);
                bar.tick();
                if stopped.recv_timeout(Duration::from_millis(100)) != Err(RecvTimeoutError::Timeout) {
                    bar.finish_and_clear();
                    return;
                }
            }
        });
        Self { painter: Some((stop, painter)) }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((stop, painter)) = self.painter.take() {
            drop(stop);
            let _ = painter.join();
        }
    }
}
