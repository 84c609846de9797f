//! The EC2 cloud.

mod user_data;
