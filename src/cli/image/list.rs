//! `hoist image list`

use clap::Args;
use jiff::Timestamp;

use crate::app::{Clouds, CommandResult, Exit, Interaction as _};
use crate::cli::context::Context;
use crate::cli::runtime::block_on;
use crate::provider::ImageFilter;
use crate::report::{ImagesDocument, images_human};

/// Default width of output that does not go to a terminal.
const WIDTH: usize = 100;

/// List images to launch from, by operating system, the newest first
#[derive(Args, Debug)]
pub(in crate::cli) struct List {
    /// Only images of this owner: self, amazon, aws-marketplace or an account's number
    #[arg(long, value_name = "OWNER")]
    owner: Option<String>,

    /// Only images of this name; * stands for anything
    #[arg(long, value_name = "NAME")]
    name: Option<String>,

    /// Only images of this operating system: debian, debian-12, ubuntu-24.04, rocky-9, …
    #[arg(long, value_name = "OS")]
    os: Option<String>,
}

impl List {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        let clouds = Clouds::new(&context.workspace)?;
        let (place, images) = block_on(async {
            let cloud = clouds.open(&context.workspace.clouds.ec2_config())?;
            let filter = ImageFilter { owner: self.owner.clone(), name: self.name.clone(), os: self.os.clone() };
            let images = cloud.images(&filter).await?;
            Ok::<_, crate::provider::CloudError>((clouds.place(&context.workspace.clouds.ec2_config()).await?, images))
        })??;
        let now = Timestamp::now();
        if context.wants_json() {
            context.print_json(&ImagesDocument::new(&place, &images, now))?;
        } else if images.is_empty() {
            context.tell(&format!("no image in {place} fits"));
        } else {
            context.print(&images_human(&images, now, width(), context.style))?;
        }
        Ok(Exit::Done)
    }
}

/// Returns the width of lines: `COLUMNS`, else that of the terminal.
fn width() -> usize {
    let said = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok()).filter(|columns| *columns > 0);
    said.or_else(|| terminal_size::terminal_size_of(std::io::stdout()).map(|(width, _)| usize::from(width.0)))
        .unwrap_or(WIDTH)
}
