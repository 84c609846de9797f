//! What a plan's image means: an image, or the newest of a family, of a project.

/// A reference to an image.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ImageRef {
    /// The project; `None` is that of the cloud.
    pub(super) project: Option<String>,
    /// The name of the image or of the family.
    pub(super) name: String,
    /// Whether it is a family.
    pub(super) is_family: bool,
}

impl ImageRef {
    /// Reads a path as launches send it, or a link; `None` if it is neither.
    pub(super) fn read(path: &str) -> Option<Self> {
        let path = path.split_once("/compute/v1/").map_or(path, |(_, path)| path);
        let (project, name, is_family) = match path.split('/').collect::<Vec<_>>()[..] {
            ["global", "images", name] => (None, name, false),
            ["global", "images", "family", name] => (None, name, true),
            ["projects", project, "global", "images", name] => (Some(project), name, false),
            ["projects", project, "global", "images", "family", name] => (Some(project), name, true),
            _ => return None,
        };
        Some(Self { project: project.map(str::to_owned), name: name.to_owned(), is_family })
    }
}

#[test]
fn families_and_images_are_told_apart() {
    let of = |project: Option<&str>, name: &str, is_family| {
        Some(ImageRef { project: project.map(str::to_owned), name: name.to_owned(), is_family })
    };
    assert_eq!(ImageRef::read("global/images/mine"), of(None, "mine", false));
    assert_eq!(ImageRef::read("projects/p/global/images/family/f"), of(Some("p"), "f", true));
    let link = "https://www.googleapis.com/compute/v1/projects/p/global/images/i";
    assert_eq!(ImageRef::read(link), of(Some("p"), "i", false));
    assert_eq!(ImageRef::read("ami-123"), None);
}
