//! Where programs run: instances and annexes on the local cloud, hosts over SSH, and runs whose commands are killed.

mod annex_local;
mod kill;
mod local_cloud;
mod ssh;
