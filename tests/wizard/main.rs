//! The wizard as its users meet it: the real binary on a real terminal, with an EC2 to choose from (`tests/support/src/aws`).

mod by_hand;
mod ecm_conf;
mod equal;
mod guide;
mod hand;
mod interrupts;
mod lab;
mod launches;
mod no_input;
mod own_program;
mod systems;
