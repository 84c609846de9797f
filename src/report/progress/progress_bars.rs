//! Progress as a live view: a bar per level, a line per active service, failures first.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget};

use crate::engine::{JournalEntry, Observer, Phase, Run, RunEvent, ServiceEvent, Wait};
use crate::report::Style;
use crate::report::guard::{guarded, printable};
use crate::report::progress::live_shape::{LineKind, Shape};
use crate::report::progress::waits::WaitLines;
use crate::report::run::{failed, told_once};

/// Live view on standard error.
pub struct Live {
    style: Style,
    shape: Shape,
    area: MultiProgress,
    /// Bars of the levels, each with the positions of its services.
    bars: Vec<(ProgressBar, Range<usize>)>,
    lines: BTreeMap<usize, ProgressLine>,
    /// Services with something to show but no line, by position.
    hidden: BTreeMap<usize, LineKind>,
    /// Line that counts the hidden services.
    rest: Option<ProgressBar>,
    keep: bool,
    waits: WaitLines,
    /// Failures already reported, each with the services that had it first.
    told: HashMap<String, String>,
}

struct ProgressLine {
    bar: ProgressBar,
    kind: LineKind,
}

impl Live {
    /// Creates a view of `run`.
    pub fn new(run: &Run, style: Style) -> Self {
        let mut live = Self {
            style,
            shape: Shape::of_terminal(run.levels().len()),
            area: MultiProgress::with_draw_target(ProgressDrawTarget::stderr()),
            bars: Vec::new(),
            lines: BTreeMap::new(),
            hidden: BTreeMap::new(),
            rest: None,
            keep: false,
            waits: WaitLines::default(),
            told: HashMap::new(),
        };
        live.make_bars(run);
        live
    }

    fn make_bars(&mut self, run: &Run) {
        self.shape = Shape::of_terminal(run.levels().len());
        self.keep = run.records().len() <= self.shape.most_lines;
        let levels: Vec<(String, Range<usize>)> = match self.shape.bar_for_all {
            true => vec![(format!("all {} levels", run.levels().len()), 0..run.records().len())],
            false => {
                let names = run.plan.levels.iter().map(|level| self.shape.level_name(&level.name));
                let width = names.clone().map(|name| name.chars().count()).max().unwrap_or(0);
                let numbers = run.plan.levels.iter().map(|level| level.number);
                let prefixes = numbers.zip(names).map(|(number, name)| format!("{number:>3} {name:width$}"));
                prefixes.zip(run.levels().iter().cloned()).collect()
            }
        };
        for (prefix, range) in levels {
            let bar = self.area.add(ProgressBar::new(range.len() as u64));
            bar.set_style(self.shape.bar(self.style.is_colored()));
            bar.set_prefix(prefix);
            bar.tick();
            self.bars.push((bar, range));
        }
    }

    /// Clears the view and rebuilds it for another plan.
    fn make_anew(&mut self, run: &Run) {
        for position in self.lines.keys().copied().collect::<Vec<_>>() {
            self.remove(position);
        }
        self.hidden.clear();
        self.bars.drain(..).for_each(|(bar, _)| {
            bar.finish_and_clear();
            self.area.remove(&bar);
        });
        self.make_bars(run);
    }

    /// Updates a service's line to its state.
    fn update(&mut self, run: &Run, position: usize) {
        let kind = LineKind::of(&run.record(position).phase);
        self.hidden.remove(&position);
        let known = self.lines.get(&position).map(|line| line.kind);
        if matches!(kind, LineKind::Waiting | LineKind::AtRest)
            && (!self.keep || (kind == LineKind::Waiting && known.is_none()))
        {
            self.remove(position);
            return;
        }
        match known {
            Some(known) if known == kind => {}
            // A finished service keeps its line.
            Some(LineKind::Working) if kind != LineKind::Broken => {}
            Some(_) => {
                self.remove(position);
                self.add(run, position, kind);
            }
            None if self.lines.len() < self.shape.most_lines => self.add(run, position, kind),
            None => {
                let busy =
                    self.lines.iter().rev().find(|(_, line)| line.kind != LineKind::Broken).map(|(busy, _)| *busy);
                match busy.filter(|_| kind == LineKind::Broken) {
                    Some(busy) => {
                        self.remove(busy);
                        self.hidden.insert(busy, LineKind::Working);
                        self.add(run, position, kind);
                    }
                    None => drop(self.hidden.insert(position, kind)),
                }
            }
        }
        self.paint(run, position, kind);
    }

    /// Writes the state of a service on its line.
    fn paint(&mut self, run: &Run, position: usize, kind: LineKind) {
        let Some(line) = self.lines.get_mut(&position) else { return };
        let record = run.record(position);
        let (phase, address) = (&record.phase, record.address.as_deref().unwrap_or_default());
        let about = match phase {
            Phase::Failed(failure) => failure.reason.as_str(),
            Phase::Lost(reason) => reason.as_str(),
            _ => address,
        };
        let about = printable(about.lines().next().unwrap_or_default());
        let state = format!("{:<11}", phase.name()).replace(phase.name(), &self.style.state(phase.name()));
        line.kind = kind;
        line.bar.set_message(format!("{state} {}", self.style.dim(about)));
        if kind != LineKind::Working && !line.bar.is_finished() {
            let mark = match phase {
                _ if kind == LineKind::Broken => self.style.bad("✗"),
                Phase::Ready { .. } => self.style.good("✓"),
                _ => self.style.dim("·"),
            };
            line.bar.set_style(self.shape.line(&mark.to_string()));
            line.bar.abandon();
        }
    }

    /// Adds a line below its level's bar: failures first, each kind in the plan's order.
    fn add(&mut self, run: &Run, position: usize, kind: LineKind) {
        let of_level = self.bars.iter().find(|(_, range)| range.contains(&position));
        let bar = ProgressBar::new_spinner();
        let bar = match of_level {
            Some((level, range)) => {
                let last = |broken: bool, end: usize| {
                    let lines = self.lines.range(range.start..end).rev();
                    lines.map(|(_, line)| line).find(|line| (line.kind == LineKind::Broken) == broken)
                };
                let before = match kind {
                    LineKind::Broken => last(true, position),
                    _ => last(false, position).or_else(|| last(true, range.end)),
                };
                self.area.insert_after(before.map_or(level, |line| &line.bar), bar)
            }
            None => self.area.add(bar),
        };
        bar.set_style(self.shape.line("{spinner}"));
        bar.set_prefix(self.shape.service_name(&run.service(position).name));
        if kind == LineKind::Working {
            bar.enable_steady_tick(crate::report::progress::live_shape::TICK);
        }
        self.lines.insert(position, ProgressLine { bar, kind });
    }

    fn remove(&mut self, position: usize) {
        if let Some(line) = self.lines.remove(&position) {
            line.bar.finish_and_clear();
            self.area.remove(&line.bar);
        }
    }

    /// Gives free lines to hidden services, and counts the rest.
    fn fill(&mut self, run: &Run) {
        while self.lines.len() < self.shape.most_lines {
            let broken = self.hidden.iter().find(|(_, kind)| **kind == LineKind::Broken);
            let Some((&position, &kind)) = broken.or_else(|| self.hidden.first_key_value()) else { break };
            self.hidden.remove(&position);
            self.add(run, position, kind);
            self.paint(run, position, kind);
        }
        let broken = self.hidden.values().filter(|kind| **kind == LineKind::Broken).count();
        match (self.hidden.len() - broken, broken) {
            (0, 0) => {
                if let Some(rest) = self.rest.take() {
                    rest.finish_and_clear();
                    self.area.remove(&rest);
                }
            }
            (working, broken) => {
                let (area, shape) = (&self.area, &self.shape);
                let rest = self.rest.get_or_insert_with(|| {
                    let rest = area.add(ProgressBar::new_spinner());
                    rest.set_style(shape.rest());
                    rest
                });
                let text = match (working, broken) {
                    (0, broken) => format!("… and {broken} more failed"),
                    (working, 0) => format!("… and {working} more at work"),
                    (working, broken) => format!("… and {broken} more failed, {working} more at work"),
                };
                rest.set_message(text);
                rest.tick();
            }
        }
    }

    /// Updates the bars.
    fn count(&self, run: &Run) {
        for (bar, range) in &self.bars {
            let count =
                |test: fn(&Phase) -> bool| range.clone().filter(|&position| test(&run.record(position).phase)).count();
            let ready = count(|phase| matches!(phase, Phase::Ready { .. }));
            let (gone, broken) = (count(Phase::is_going), count(Phase::is_broken));
            bar.set_position(ready as u64);
            bar.set_message(match (broken, gone) {
                _ if ready == range.len() => self.style.good("up"),
                (0, 0) => String::new(),
                (0, gone) => self.style.dim(format!("{gone} going or gone")),
                (broken, _) => self.style.bad(format!("{broken} failed")),
            });
        }
    }

    fn say(&self, text: &str) {
        // This fails only if the terminal is gone, and with it the reader.
        let _ = self.area.println(guarded(text.trim_end()));
    }
}

impl Observer for Live {
    fn recorded(&mut self, run: &Run, records: &[JournalEntry]) {
        let mut failures = told_once(run, records, &mut self.told, self.style);
        for record in records {
            match &record.event {
                RunEvent::PlanReplaced => {
                    self.make_anew(run);
                }
                RunEvent::Service { service, change } => {
                    match change {
                        ServiceEvent::TerminateProgramEnded { failure: Some(failure) } => {
                            self.say(&failed(&run.name, service, failure, self.style));
                        }
                        ServiceEvent::TerminateFailed { .. } => {
                            if let Some(text) = failures.remove(&record.sequence) {
                                self.say(&text);
                            }
                        }
                        _ => {}
                    }
                    if let Some(position) = run.position(service) {
                        self.update(run, position);
                    }
                }
                RunEvent::Goal { .. } | RunEvent::LaunchIntended { .. } | RunEvent::Ended { .. } => {}
            }
        }
        self.fill(run);
        self.count(run);
    }

    fn note(&mut self, text: &str) {
        self.say(&format!("{} {}", self.style.warn("note:"), printable(text)));
    }

    fn waits(&mut self, run: &Run, position: usize, wait: &Wait) {
        if let Some(text) = self.waits.text(&run.service(position).name, position, wait, self.style) {
            self.say(&text);
        }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        if let Some(rest) = self.rest.take() {
            rest.finish_and_clear();
        }
        for bar in self.lines.values().map(|line| &line.bar).chain(self.bars.iter().map(|(bar, _)| bar)) {
            if !bar.is_finished() {
                bar.abandon();
            }
        }
    }
}
