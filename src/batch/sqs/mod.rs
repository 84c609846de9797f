//! Amazon SQS: the number of messages that a queue has ready.

mod source;
mod sqs_call;

pub(super) use source::SqsSource;
