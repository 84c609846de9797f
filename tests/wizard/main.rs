//! The wizard as its users meet it: the real binary on a real terminal, with an EC2 to choose from (`tests/aws`).

#[path = "../aws/mod.rs"]
mod aws;
mod by_hand;
#[allow(dead_code, reason = "each test uses its own part of this")]
#[path = "../cli/call.rs"]
mod call;
mod ecm_conf;
mod equal;
mod guide;
mod hand;
mod interrupts;
mod lab;
mod launches;
mod no_input;
#[allow(dead_code, reason = "each test uses its own part of this")]
#[path = "../cli/screen.rs"]
mod screen;
#[path = "../support/skip.rs"]
mod skip;
#[path = "../cli/steady.rs"]
mod steady;
mod systems;
#[allow(dead_code, reason = "each test uses its own part of this")]
#[path = "../cli/terminal.rs"]
mod terminal;
