use crate::elastic::engine::Seconds;

/// Steps between marks of time, in seconds.
const TIME_STEPS: [Seconds; 16] =
    [1, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21_600, 43_200, 86_400, 172_800, 604_800];

/// Number of marks on an axis of time, at most.
const MOST_MARKS: f64 = 9.0;

/// An axis: values, places in pixels, and marks.
pub(super) struct Scale {
    most: f64,
    from: f64,
    to: f64,
    step: f64,
    time: bool,
}

impl Scale {
    /// Makes an axis of time from 0 to `end` seconds.
    pub(super) fn of_time(end: Seconds, from: f64, to: f64) -> Scale {
        let most = number(end.max(1));
        let fits = |step: &&Seconds| most / number(**step) <= MOST_MARKS;
        let step = TIME_STEPS.iter().find(fits).map_or_else(|| nice(most / MOST_MARKS), |step| number(*step));
        Scale { most, from, to, step, time: true }
    }

    /// Makes an axis of counts from 0 to at least `most`, which ends at a mark.
    pub(super) fn of_counts(most: f64, from: f64, to: f64) -> Scale {
        let step = nice(most / 5.0).max(1.0);
        Scale { most: (most / step).ceil().max(1.0) * step, from, to, step, time: false }
    }

    /// Returns the place of a value.
    pub(super) fn place(&self, value: f64) -> f64 {
        self.from + (self.to - self.from) * (value / self.most).clamp(0.0, 1.0)
    }

    /// Returns the place of a time.
    pub(super) fn place_time(&self, time: Seconds) -> f64 {
        self.place(number(time))
    }

    /// Returns the values that have marks, with their labels.
    pub(super) fn ticks(&self) -> Vec<(f64, String)> {
        let mut ticks = Vec::new();
        let mut value = 0.0;
        while value <= self.most && ticks.len() < 20 {
            ticks.push((value, if self.time { self.time_label(value) } else { format!("{value}") }));
            value += self.step;
        }
        ticks
    }

    fn time_label(&self, value: f64) -> String {
        let (length, unit) = match self.step {
            step if step >= 86_400.0 => (86_400.0, "d"),
            step if step >= 3600.0 => (3600.0, "h"),
            step if step >= 60.0 => (60.0, "min"),
            _ => (1.0, "s"),
        };
        format!("{} {unit}", (value / length).round())
    }
}

/// Returns the smallest of 1, 2 and 5 times a power of ten that is not smaller.
fn nice(value: f64) -> f64 {
    let power = 10_f64.powf(value.max(1e-9).log10().floor());
    [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power).into_iter().find(|nice| *nice >= value).unwrap_or(value)
}

#[expect(clippy::cast_precision_loss, reason = "places in a picture")]
fn number(value: Seconds) -> f64 {
    value as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(scale: &Scale) -> Vec<String> {
        scale.ticks().into_iter().map(|(_, label)| label).collect()
    }

    #[test]
    fn axes_have_round_marks() {
        assert_eq!(labels(&Scale::of_counts(7.0, 0.0, 1.0)), ["0", "2", "4", "6", "8"]);
        assert_eq!(labels(&Scale::of_counts(0.3, 0.0, 1.0)), ["0", "1"]);
        assert_eq!(labels(&Scale::of_counts(230.0, 0.0, 1.0)), ["0", "50", "100", "150", "200", "250"]);
        assert_eq!(
            labels(&Scale::of_time(10_800, 0.0, 1.0)),
            ["0 min", "30 min", "60 min", "90 min", "120 min", "150 min", "180 min"]
        );
        assert_eq!(labels(&Scale::of_time(5 * 86_400, 0.0, 1.0)), ["0 d", "1 d", "2 d", "3 d", "4 d", "5 d"]);
    }

    #[test]
    fn places_are_proportional() {
        let scale = Scale::of_counts(8.0, 372.0, 56.0);
        assert_eq!([scale.place(0.0), scale.place(4.0), scale.place(8.0)], [372.0, 214.0, 56.0]);
    }
}
