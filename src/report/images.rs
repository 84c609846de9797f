//! Images to launch from.

use serde_json::{Value, json};

use super::{Cell, Style, table};
use crate::engine::Image;

/// The document of `hoist image list`.
pub fn images_json(place: &str, images: &[Image]) -> Value {
    let images: Vec<Value> = images
        .iter()
        .map(|image| {
            json!({
                "id": image.id,
                "name": image.name,
                "os": image.os,
                "architecture": image.architecture,
                "owner": image.owner,
                "created_at": image.created.map(|at| at.to_string()),
                "deprecated": image.deprecated,
            })
        })
        .collect();
    json!({ "schema": 1, "place": place, "images": images })
}

/// The same for people, the newest first.
pub fn images_human(images: &[Image], style: Style) -> String {
    let titles = ["IMAGE", "OS", "ARCH", "CREATED", "OWNER", "NAME"];
    let mut rows: Vec<Vec<Cell>> = vec![titles.map(|title| Cell::painted(title, style.dim(title))).into()];
    rows.extend(images.iter().map(|image| -> Vec<Cell> {
        let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
        let deprecated = if image.deprecated { format!("  {}", style.warn("deprecated")) } else { String::new() };
        vec![
            Cell::painted(&image.id, style.bold(&image.id)),
            text(&image.os).into(),
            text(&image.architecture).into(),
            image.created.map_or_else(|| "-".to_owned(), |at| at.strftime("%Y-%m-%d").to_string()).into(),
            text(&image.owner).into(),
            format!("{}{deprecated}", image.name).into(),
        ]
    }));
    table(0, &rows)
}
