//! Tests with messages of real ssh.
