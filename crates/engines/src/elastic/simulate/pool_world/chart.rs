//! The chart of a series: machines by state, stacked, with the demand as a line. Plain SVG without scripts.

use std::fmt::Write;

use super::chart_scale::Scale;
use super::series::{Point, Series};
use crate::elastic::engine::Seconds;

/// Size of the picture and place of the plot in it, in pixels.
const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 420.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 944.0;
const TOP: f64 = 56.0;
const BOTTOM: f64 = 372.0;

/// The count of a layer.
type Count = fn(&Point) -> f64;

/// The layers from the bottom up: name, class, count.
const LAYERS: [(&str, &str, Count); 4] = [
    ("busy", "b", |point| point.busy),
    ("idle", "i", |point| point.idle),
    ("draining", "d", |point| point.draining),
    ("starting", "s", |point| point.starting),
];

/// Colours for a light and a dark page.
const STYLE: &str = "text{font:13px system-ui,Helvetica,Arial,sans-serif;fill:#24292f}\
    .t{font-weight:600;font-size:15px}.e{text-anchor:end}.m{text-anchor:middle}.g{stroke:#d0d7de;stroke-width:1}\
    .p{fill:#fff}\
    .b{fill:#2a78b8}.i{fill:#f0b429}.d{fill:#9a6fc2}.s{fill:#9aa7b4}\
    .l{fill:none;stroke:#c0232c;stroke-width:1.75;stroke-linejoin:round}\
    @media (prefers-color-scheme:dark){text{fill:#e6edf3}.g{stroke:#3d444d}.p{fill:#0d1117}\
    .b{fill:#3f8fd2}.i{fill:#d19a1c}.d{fill:#8b62b4}.s{fill:#6b7683}.l{stroke:#ff7b72}}";

/// The extent of charts that are compared: their axes are alike.
#[derive(Clone, Copy, Debug)]
pub struct ChartExtent {
    end: Seconds,
    most: f64,
}

impl ChartExtent {
    /// Returns the extent in which each of these series has room.
    pub fn of<'a>(all: impl IntoIterator<Item = &'a Series>) -> Self {
        let stacked = |point: &Point| LAYERS.iter().map(|(.., count)| count(point)).sum::<f64>();
        all.into_iter().fold(Self { end: 1, most: 1.0 }, |extent, series| Self {
            end: series.points.last().map_or(1, |point| point.t + series.step.max(1)).max(extent.end),
            most: series.points.iter().map(|point| stacked(point).max(point.demand)).fold(extent.most, f64::max),
        })
    }
}

/// Draws a series. The demand is the number of machines that waiting and running jobs would fill.
pub fn svg(title: &str, series: &Series, extent: ChartExtent) -> String {
    let (x, y) = (Scale::of_time(extent.end, LEFT, RIGHT), Scale::of_counts(extent.most, BOTTOM, TOP));
    let title = escaped(title);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"{WIDTH}\" \
         height=\"{HEIGHT}\" role=\"img\" aria-label=\"{title}: machines by state over time\"><title>{title}</title>\
         <style>{STYLE}</style><rect class=\"p\" width=\"100%\" height=\"100%\" rx=\"6\"/>\
         <text class=\"t\" x=\"{LEFT}\" y=\"24\">{title}</text>"
    );
    axes(&mut out, &x, &y);
    let mut floor = vec![0.0; series.points.len()];
    for (_, class, count) in LAYERS {
        let ceiling: Vec<f64> = floor.iter().zip(&series.points).map(|(floor, point)| floor + count(point)).collect();
        if ceiling != floor {
            let up = steps(series, &x, &y, &ceiling);
            let down: Vec<_> = steps(series, &x, &y, &floor).into_iter().rev().collect();
            let _ = write!(out, "<path class=\"{class}\" d=\"M{}L{}Z\"/>", joined(&up), joined(&down));
        }
        floor = ceiling;
    }
    let demand: Vec<f64> = series.points.iter().map(|point| point.demand).collect();
    if !demand.is_empty() {
        let _ = write!(out, "<path class=\"l\" d=\"M{}\"/>", joined(&steps(series, &x, &y, &demand)));
    }
    legend(&mut out);
    out.push_str("</svg>\n");
    out
}

fn axes(out: &mut String, x: &Scale, y: &Scale) {
    for (value, label) in y.ticks() {
        let at = y.place(value);
        let _ = write!(
            out,
            "<path class=\"g\" d=\"M{LEFT} {at:.1}H{RIGHT}\"/><text class=\"e\" x=\"{}\" y=\"{:.1}\">{label}</text>",
            LEFT - 8.0,
            at + 4.5
        );
    }
    for (value, label) in x.ticks() {
        let at = x.place(value);
        let _ = write!(
            out,
            "<path class=\"g\" d=\"M{at:.1} {BOTTOM}v5\"/><text class=\"m\" x=\"{at:.1}\" y=\"{}\">{label}</text>",
            BOTTOM + 20.0
        );
    }
    let (middle, across) = (f64::midpoint(TOP, BOTTOM), f64::midpoint(LEFT, RIGHT));
    let _ = write!(
        out,
        "<text class=\"m\" transform=\"translate(18 {middle}) rotate(-90)\">machines</text>\
         <text class=\"m\" x=\"{across}\" y=\"{}\">time from the start</text>",
        HEIGHT - 8.0
    );
}

fn legend(out: &mut String) {
    let mut at = LEFT;
    for (name, class, _) in LAYERS {
        let _ = write!(
            out,
            "<rect class=\"{class}\" x=\"{at}\" y=\"34\" width=\"12\" height=\"12\" rx=\"2\"/>\
             <text x=\"{}\" y=\"45\">{name}</text>",
            at + 18.0
        );
        at += 100.0;
    }
    let _ = write!(
        out,
        "<path class=\"l\" d=\"M{at} 40h14\"/><text x=\"{}\" y=\"45\">demand of waiting and running jobs</text>",
        at + 20.0
    );
}

/// Returns the corners of a line that stays level within a step. Level stretches have two corners.
fn steps(series: &Series, x: &Scale, y: &Scale, values: &[f64]) -> Vec<(f64, f64)> {
    let mut corners: Vec<(f64, f64)> = Vec::new();
    for (point, value) in series.points.iter().zip(values) {
        let (begin, end, height) = (x.place_time(point.t), x.place_time(point.t + series.step), y.place(*value));
        match corners.as_mut_slice() {
            [.., (_, before), (last, level)] if *before == *level && *level == height => *last = end,
            _ => corners.extend([(begin, height), (end, height)]),
        }
    }
    corners
}

fn joined(corners: &[(f64, f64)]) -> String {
    let mut text = String::with_capacity(corners.len() * 12);
    for (x, y) in corners {
        let _ = write!(text, "{}{x:.1} {y:.1}", if text.is_empty() { "" } else { "L" });
    }
    text
}

fn escaped(text: &str) -> String {
    let kept = text.chars().filter(|sign| !sign.is_control());
    kept.fold(String::new(), |mut out, sign| {
        match sign {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            other => out.push(other),
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series() -> Series {
        let point = |t, busy, demand| Point { t, starting: 0.0, idle: 1.0, busy, draining: 0.0, waiting: 0.0, demand };
        Series { step: 60, points: vec![point(0, 1.0, 4.0), point(60, 1.0, 4.0), point(120, 3.0, 3.0)] }
    }

    fn alone(title: &str, series: &Series) -> String {
        svg(title, series, ChartExtent::of([series]))
    }

    #[test]
    fn charts_that_are_compared_have_the_same_axes() {
        let mut long = series();
        let busy = Point { busy: 7.0, ..long.points[0] };
        long.points.extend((3..6).map(|number| Point { t: number * 60, ..busy }));
        let extent = ChartExtent::of([&series(), &long]);
        let axes =
            |chart: &str| chart.split_once("<path class=\"b\"").unwrap().0.split_once("</title>").unwrap().1.to_owned();
        let (short, long) = (svg("a", &series(), extent), svg("a", &long, extent));
        assert_eq!(axes(&short), axes(&long));
        assert_ne!(axes(&short), axes(&alone("a", &series())));
    }

    #[test]
    fn layers_are_stacked_and_level_stretches_are_one_piece() {
        let chart = alone("elastiq & <co>", &series());
        assert!(chart.contains("<title>elastiq &amp; &lt;co&gt;</title>"), "{chart}");
        assert!(chart.contains("class=\"l\" d=\"M64.0 56.0L650.7 56.0L650.7 135.0L944.0 135.0\""), "{chart}");
        // Busy: 1, then 3 of 4 machines over 316 pixels.
        assert!(
            chart.contains("class=\"b\" d=\"M64.0 293.0L650.7 293.0L650.7 135.0L944.0 135.0L944.0 372.0L"),
            "{chart}"
        );
        assert!(!chart.contains("class=\"d\" d="), "{chart}");
        assert!(chart.contains(">90 s</text>"), "{chart}");
    }

    #[test]
    fn an_empty_series_is_a_chart_without_layers() {
        let chart = alone("nothing", &Series::default());
        assert!(
            chart.starts_with("<svg ") && chart.ends_with("</svg>\n") && !chart.contains("class=\"b\" d="),
            "{chart}"
        );
    }
}
