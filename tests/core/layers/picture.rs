//! The picture of the rooms in `docs/architecture.svg`: drawn from the rules that hold.
//!
//! `HOIST_UPDATE=1 cargo test --test core layers` draws it anew.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use super::rooms::{ROOMS, Room};

const WIDTH: usize = 1540;
const BOX: (usize, usize) = (290, 62);
const ROW: usize = 76;
const MARGIN: usize = 16;

#[test]
fn the_picture_shows_the_rooms_as_they_are() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/architecture.svg");
    let picture = picture();
    if std::env::var_os("HOIST_UPDATE").is_some() {
        std::fs::write(&file, &picture).unwrap();
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        kept == picture,
        "docs/architecture.svg is old: HOIST_UPDATE=1 cargo test --test core layers draws it anew"
    );
}

/// How far above those that import nothing.
fn height(room: &Room) -> usize {
    room.imports.iter().map(|name| 1 + height(named(name))).max().unwrap_or(0)
}

fn named(name: &str) -> &'static Room {
    ROOMS.iter().find(|room| room.name == name).unwrap()
}

/// The rooms that it imports but for those that another of them imports, too: what stands above all of these stands
/// where it may.
fn nearest(room: &Room) -> Vec<&str> {
    let reaches = |upper: &str, lower: &str| reach(named(upper), lower);
    let others = |lower: &str| room.imports.iter().any(|upper| *upper != lower && reaches(upper, lower));
    room.imports.iter().copied().filter(|lower| !others(lower)).collect()
}

/// Whether it imports this room, or one that does.
fn reach(room: &Room, lower: &str) -> bool {
    room.imports.iter().any(|name| *name == lower || reach(named(name), lower))
}

fn picture() -> String {
    let mut rows: BTreeMap<usize, Vec<&Room>> = BTreeMap::new();
    for room in &ROOMS {
        rows.entry(height(room)).or_default().push(room);
    }
    let top = rows.len() - 1;
    let mut places = BTreeMap::new();
    for (height, rooms) in &rows {
        for (number, room) in rooms.iter().enumerate() {
            let share = (WIDTH - 2 * MARGIN) / rooms.len();
            let left = MARGIN + share * number + (share - BOX.0) / 2;
            places.insert(room.name, (left, MARGIN + ROW * (top - height)));
        }
    }
    let tall = MARGIN * 2 + ROW * top + BOX.1;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{tall}\" viewBox=\"0 0 {WIDTH} {tall}\" \
         font-family=\"sans-serif\">\n<title>The rooms of hoist, each above those that it imports</title>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n"
    );
    for room in &ROOMS {
        let (left, above) = places[room.name];
        let middle = left + BOX.0 / 2;
        writeln!(
            svg,
            "<rect x=\"{left}\" y=\"{above}\" width=\"{}\" height=\"{}\" rx=\"6\" fill=\"#eef3f8\" stroke=\"#52606d\"/>\n\
             <text x=\"{middle}\" y=\"{}\" text-anchor=\"middle\" font-size=\"15\" font-weight=\"bold\" fill=\"#1f2933\">{}</text>\n\
             <text x=\"{middle}\" y=\"{}\" text-anchor=\"middle\" font-size=\"11\" fill=\"#3e4c59\">{}</text>\n\
             <text x=\"{middle}\" y=\"{}\" text-anchor=\"middle\" font-size=\"11\" fill=\"#627d98\">{}</text>",
            BOX.0,
            BOX.1,
            above + 20,
            room.name,
            above + 37,
            room.holds,
            above + 53,
            match nearest(room) {
                below if below.is_empty() => String::new(),
                below => format!("on {}", below.join(", ")),
            },
        )
        .unwrap();
    }
    svg + "</svg>\n"
}
