//! The list of images to launch from.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use unicode_width::UnicodeWidthStr as _;

use super::time::{age, age_in_words};
use super::{Cell, Style, printable, table};
use crate::provider::Image;

/// Indentation of the columns of a group.
const INDENT: usize = 2;

/// Minimum width of a shortened name, even on a narrow terminal: its end tells the version.
const SHORTEST_NAME: usize = 16;

/// Mark of an image that its owner has deprecated.
const DEPRECATED: &str = "deprecated";

/// Legend below a list with `resolve:ssm:` names.
const LEGEND: &str = "A resolve:ssm: name stands for the newest image of its system at each launch.";

/// Display names of operating systems.
const TITLES: [(&str, &str); 11] = [
    ("debian", "Debian"),
    ("ubuntu", "Ubuntu"),
    ("almalinux", "AlmaLinux"),
    ("rocky", "Rocky Linux"),
    ("rhel", "Red Hat Enterprise Linux"),
    ("scientific", "Scientific Linux"),
    ("fedora", "Fedora"),
    ("centos", "CentOS"),
    ("amazon", "Amazon Linux"),
    ("windows", "Windows"),
    ("ucernvm", "uCernVM"),
];

/// Formats the images of `hoist image list` for people: each operating system under a heading, the newest version of
/// each family first, and its newest image first. Lines of images fit `width` columns; names of parameters are never
/// cut.
pub fn images_human(images: &[Image], now: Timestamp, width: usize, style: Style) -> String {
    let mut groups: BTreeMap<System, Vec<&Image>> = BTreeMap::new();
    for image in images {
        groups.entry(System::of(image)).or_default().push(image);
    }
    for group in groups.values_mut() {
        group.sort_by_key(|image| Reverse(image.created));
    }
    let titles = ["AGE", "ARCH", "IMAGE", "NAME"];
    let mut rows: Vec<Vec<Cell>> = vec![titles.map(|title| Cell::painted(title, style.dim(title))).into()];
    let room = room_for_names(images, now, width);
    rows.extend(groups.values().flatten().map(|image| row(image, now, room, style)));
    let laid_out = table(INDENT, &rows);
    let mut lines = laid_out.lines();
    let mut text = format!("{}\n", lines.next().unwrap_or_default());
    for (system, group) in &groups {
        text.push_str(&format!("\n{}\n", style.bold(system.title())));
        let newest: BTreeSet<&String> = group.iter().filter_map(|image| image.resolve.as_ref()).collect();
        for name in newest {
            text.push_str(&format!("{:INDENT$}{}\n", "", style.good(name)));
        }
        for line in lines.by_ref().take(group.len()) {
            text.push_str(line);
            text.push('\n');
        }
    }
    if images.iter().any(|image| image.resolve.is_some()) {
        text.push_str(&format!("\n{}\n", style.dim(LEGEND)));
    }
    text
}

fn row(image: &Image, now: Timestamp, room: usize, style: Style) -> Vec<Cell> {
    let name = printable(&image.name);
    let shown = match image.deprecated {
        true => format!("{}  {}", end_of(&name, room - DEPRECATED.len() - 2), style.warn(DEPRECATED)),
        false => end_of(&name, room),
    };
    vec![age_of(image, now).into(), architecture(image).into(), Cell::from(image.id.as_str()), shown.into()]
}

/// Returns the width left for names beside the other columns.
fn room_for_names(images: &[Image], now: Timestamp, width: usize) -> usize {
    let widest = |text: &dyn Fn(&Image) -> String, title: &str| {
        let longest = images.iter().map(|image| text(image).width()).max().unwrap_or(0);
        longest.max(title.len()) + 2
    };
    let others = widest(&|image| age_of(image, now), "AGE")
        + widest(&|image| architecture(image), "ARCH")
        + widest(&|image| image.id.clone(), "IMAGE");
    let marked = if images.iter().any(|image| image.deprecated) { DEPRECATED.len() + 2 } else { 0 };
    width.saturating_sub(INDENT + others).max(SHORTEST_NAME + marked)
}

fn age_of(image: &Image, now: Timestamp) -> String {
    image.created.map_or_else(|| "-".to_owned(), |at| age_in_words(age(at, now)))
}

fn architecture(image: &Image) -> String {
    image.architecture.clone().unwrap_or_else(|| "-".to_owned())
}

/// Returns the text, or its end if it is wider than `room`, since images differ at the end of their names.
fn end_of(text: &str, room: usize) -> String {
    if text.width() <= room {
        return text.to_owned();
    }
    let mut end = text;
    while end.width() > room.saturating_sub(1) {
        let first = end.chars().next().map_or(0, char::len_utf8);
        end = &end[first..];
    }
    format!("…{end}")
}

/// An operating system, in the order of headings: by family, the newest version first, unknown systems last.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum System {
    Known { title: String, version: Reverse<Vec<u32>>, written: String },
    Other,
}

impl System {
    fn of(image: &Image) -> Self {
        let Some(os) = &image.os else { return Self::Other };
        let (word, version) = os.split_once('-').unwrap_or((os, ""));
        let title = TITLES.iter().find(|(known, _)| *known == word).map_or(word, |(_, title)| title);
        Self::Known {
            title: title.to_owned(),
            version: Reverse(version.split('.').filter_map(|number| number.parse().ok()).collect()),
            written: version.to_owned(),
        }
    }

    fn title(&self) -> String {
        match self {
            Self::Known { title, written, .. } => format!("{title} {written}").trim_end().to_owned(),
            Self::Other => "Other".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(os: Option<&str>, id: &str, name: &str, created: Option<&str>) -> Image {
        Image {
            id: id.to_owned(),
            name: name.to_owned(),
            owner: None,
            os: os.map(str::to_owned),
            architecture: Some("x86_64".to_owned()),
            created: created.map(|at| at.parse().unwrap()),
            deprecated: false,
            resolve: None,
        }
    }

    fn now() -> Timestamp {
        "2026-11-20T12:00:00Z".parse().unwrap()
    }

    fn some_images() -> Vec<Image> {
        let mut old = image(Some("debian-9"), "ami-0ccccccccccccccc0", "debian-9-amd64", Some("2022-01-01T00:00:00Z"));
        old.deprecated = true;
        old.architecture = Some("arm64".to_owned());
        let mut new = image(Some("debian-12"), "ami-0aaaaaaaaaaaaaaa0", "debian-12-new", Some("2026-11-17T10:00:00Z"));
        new.resolve = Some("resolve:ssm:/aws/service/debian/release/12/latest/amd64".to_owned());
        let older = image(Some("debian-12"), "ami-0bbbbbbbbbbbbbbb0", "debian-12-old", Some("2026-09-01T00:00:00Z"));
        let long = "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20261101";
        let ubuntu = image(Some("ubuntu-24.04"), "ami-0ddddddddddddddd0", long, Some("2026-11-20T01:00:00Z"));
        let nameless = Image { architecture: None, ..image(None, "ami-00000447", "snap\u{1b}[2Jshot", None) };
        vec![older, ubuntu, nameless, old, new]
    }

    #[test]
    fn systems_have_headings_and_their_newest_image_comes_first() {
        let shown = images_human(&some_images(), now(), 80, Style::new(false));
        let expected = "  AGE       ARCH    IMAGE                  NAME

Debian 12
  resolve:ssm:/aws/service/debian/release/12/latest/amd64
  3 days    x86_64  ami-0aaaaaaaaaaaaaaa0  debian-12-new
  2 months  x86_64  ami-0bbbbbbbbbbbbbbb0  debian-12-old

Debian 9
  4 years   arm64   ami-0ccccccccccccccc0  debian-9-amd64  deprecated

Ubuntu 24.04
  today     x86_64  ami-0ddddddddddddddd0  …tu-noble-24.04-amd64-server-20261101

Other
  -         -       ami-00000447           snap\\u{1b}[2Jshot

A resolve:ssm: name stands for the newest image of its system at each launch.
";
        assert_eq!(shown, expected);
    }

    #[test]
    fn lines_fit_and_ids_are_whole() {
        let mut images = some_images();
        let parameter = "/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id";
        images[1].resolve = Some(format!("resolve:ssm:{parameter}"));
        for image in &mut images {
            image.name = format!("{}-{}", image.name, "x".repeat(100));
            image.deprecated = true;
        }
        for width in [80, 100] {
            let shown = images_human(&images, now(), width, Style::new(false));
            let long: Vec<&str> = shown.lines().filter(|line| line.chars().count() > width).collect();
            assert!(long.iter().all(|line| line.starts_with("  resolve:ssm:")), "{long:?}");
            assert!(shown.contains("ami-0ddddddddddddddd0") && shown.contains("xxx  deprecated"), "{shown}");
            assert!(shown.contains(parameter), "{shown}");
        }
        // Ids are shown in full even if no line fits.
        assert!(images_human(&images, now(), 10, Style::new(false)).contains("ami-0ddddddddddddddd0"));
    }
}
