//! The progress bar, on standard error, and only where that is a terminal.

use std::sync::Mutex;

use finite_diff::execution::Progress;
use gradient_check::text::printable;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar with the time left.
pub struct Bar {
    bar: ProgressBar,
    label: Mutex<String>,
    quiet: bool,
}

impl Bar {
    /// A bar that is not shown yet; if `quiet`, it never is.
    pub fn new(quiet: bool) -> Self {
        let bar = ProgressBar::hidden();
        let template = "{msg} [{bar:30}] {pos}/{len} coordinates, {eta} left";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("=> "));
        }
        Self {
            bar,
            label: Mutex::new(String::new()),
            quiet,
        }
    }

    /// Shows the progress of the part called `label`.
    pub fn show(&self, label: &str, progress: Progress) {
        // A poisoned lock means that another thread panicked; that is not a reason for a progress bar to panic too.
        let mut current = match self.label.lock() {
            Ok(guard) => guard,
            Err(poisoned) => poisoned.into_inner(),
        };
        if *current != label {
            let first = current.is_empty();
            label.clone_into(&mut current);
            self.bar.reset();
            self.bar.set_length(progress.total as u64);
            self.bar.set_message(printable(label).to_string());
            if first && !self.quiet {
                // Shown only once there is progress.
                self.bar
                    .set_draw_target(ProgressDrawTarget::stderr_with_hz(10));
            }
        }
        self.bar.set_length(progress.total as u64);
        // Threads report out of order.
        if progress.done as u64 > self.bar.position() {
            self.bar.set_position(progress.done as u64);
        }
    }

    /// Hides the bar while `print` prints.
    pub fn suspend(&self, print: impl FnOnce()) {
        self.bar.suspend(print);
    }

    /// Removes the bar.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Default for Bar {
    fn default() -> Self {
        Self::new(false)
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.finish();
    }
}
