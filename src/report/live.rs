//! Progress as a live view: a bar for each level, a line for each service at work.

use std::collections::BTreeMap;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Style;
use super::failure::{failed, printable};
use crate::engine::{Change, Event, Observer, Phase, Record, Run};

/// The most service lines at once: with the bars they fit a small terminal, and thousands would tell nothing.
const MOST_LINES: usize = 14;

/// How often spinners and times move.
const TICK: Duration = Duration::from_millis(100);

/// Draws on standard error.
pub struct Live {
    style: Style,
    area: MultiProgress,
    bars: Vec<ProgressBar>,
    lines: BTreeMap<usize, ProgressBar>,
    keep: bool,
}

impl Live {
    /// A view of `run`.
    pub fn new(run: &Run, style: Style) -> Self {
        let area = MultiProgress::with_draw_target(ProgressDrawTarget::stderr());
        let mut live =
            Self { style, area, bars: Vec::new(), lines: BTreeMap::new(), keep: run.records().len() <= MOST_LINES };
        live.make_bars(run);
        live
    }

    fn make_bars(&mut self, run: &Run) {
        let template = if self.style.is_colored() {
            "{prefix:.bold} {bar:24.green/dim} {pos:>4}/{len:<4} {msg}"
        } else {
            "{prefix} {bar:24} {pos:>4}/{len:<4} {msg}"
        };
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        let width = run.plan.levels.iter().map(|level| level.name.chars().count()).max().unwrap_or(0);
        for level in &run.plan.levels {
            let bar = self.area.add(ProgressBar::new(level.services.len() as u64));
            bar.set_style(style.clone().progress_chars("━━─"));
            bar.set_prefix(format!("{:>3} {:width$}", level.number, level.name));
            bar.tick();
            self.bars.push(bar);
        }
    }

    /// Brings a service's line in step with its state.
    fn update(&mut self, run: &Run, position: usize) {
        let phase = &run.record(position).phase;
        let at_rest =
            matches!(phase, Phase::Pending | Phase::Ready { .. } | Phase::Terminated { .. }) || phase.is_broken();
        if at_rest && !self.keep {
            if let Some(line) = self.lines.remove(&position) {
                line.finish_and_clear();
            }
            return;
        }
        if !self.lines.contains_key(&position) {
            if self.lines.len() >= MOST_LINES || matches!(phase, Phase::Pending) {
                return;
            }
            let line = self.new_line(run, position);
            self.lines.insert(position, line);
        }
        let Some(line) = self.lines.get(&position) else { return };
        let address = run.record(position).address.as_deref().unwrap_or_default();
        let state = format!("{:<11}", phase.name());
        let shown = state.replace(phase.name(), &self.style.state(phase.name()));
        line.set_message(format!("{shown} {}", self.style.dim(address)));
        if at_rest && !line.is_finished() {
            let mark = match phase {
                Phase::Failed(_) | Phase::Lost(_) => self.style.bad("✗"),
                Phase::Ready { .. } => self.style.good("✓"),
                _ => self.style.dim("·"),
            };
            let template = format!("      {mark} {{prefix}} {{msg}} {{elapsed}}");
            if let Ok(style) = ProgressStyle::with_template(&template) {
                line.set_style(style);
            }
            line.abandon();
        }
    }

    fn new_line(&self, run: &Run, position: usize) -> ProgressBar {
        // Below its level's bar, in the plan's order.
        let level = run.level_of(position);
        let before = self.lines.range(run.levels()[level].start..position).next_back().map(|(_, line)| line);
        let after = before.or_else(|| self.bars.get(level));
        let line = ProgressBar::new_spinner();
        let line = match after {
            Some(bar) => self.area.insert_after(bar, line),
            None => self.area.add(line),
        };
        if let Ok(style) = ProgressStyle::with_template("      {spinner} {prefix} {msg} {elapsed}") {
            line.set_style(style.tick_chars("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏ "));
        }
        line.set_prefix(format!("{:<20}", run.service(position).name));
        line.enable_steady_tick(TICK);
        line
    }

    fn say(&self, text: &str) {
        // The view is gone when this fails, and so is whoever watched it.
        let _ = self.area.println(text.trim_end());
    }
}

impl Observer for Live {
    fn recorded(&mut self, run: &Run, records: &[Record]) {
        for record in records {
            match &record.event {
                Event::PlanReplaced => {
                    self.lines.clear();
                    self.bars.drain(..).for_each(|bar| bar.finish_and_clear());
                    self.make_bars(run);
                }
                Event::Service { service, change } => {
                    match change {
                        Change::TerminateFailed { failure }
                        | Change::TerminateProgramEnded { failure: Some(failure) } => {
                            self.say(&failed(service, failure, self.style));
                        }
                        _ => {}
                    }
                    if let Some(position) = run.position(service) {
                        self.update(run, position);
                    }
                }
                Event::Goal { .. } | Event::LaunchIntended { .. } | Event::Ended { .. } => {}
            }
        }
        for (bar, level) in self.bars.iter().zip(run.levels()) {
            let count =
                |test: fn(&Phase) -> bool| level.clone().filter(|&position| test(&run.record(position).phase)).count();
            let (ready, gone) = (count(|phase| matches!(phase, Phase::Ready { .. })), count(Phase::is_going));
            bar.set_position(ready as u64);
            bar.set_message(match (ready == level.len(), gone) {
                (true, _) => self.style.good("up"),
                (false, 0) => String::new(),
                (false, gone) => self.style.dim(format!("{gone} going or gone")),
            });
        }
    }

    fn note(&mut self, text: &str) {
        self.say(&format!("{} {}", self.style.warn("note:"), printable(text)));
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        for bar in self.lines.values().chain(&self.bars) {
            if !bar.is_finished() {
                bar.abandon();
            }
        }
    }
}
