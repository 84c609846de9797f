//! What is made from templates: user data.

pub mod user_data;
