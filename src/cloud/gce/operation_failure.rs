//! Why instances of a bulk were not made: its own errors, and those of the operations of single instances.

use google_cloud_compute_v1::model;

/// An error of an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OperationFailure {
    pub(super) code: String,
    pub(super) message: String,
}

impl OperationFailure {
    /// Creates a failure with this code of Google's.
    pub(super) fn new(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into() }
    }

    /// Whether another zone or machine type may do: there are no such machines, or a quota of theirs is used up.
    pub(super) fn is_refusal(&self) -> bool {
        self.code.starts_with("ZONE_RESOURCE_POOL_EXHAUSTED") || self.is_quota()
    }

    /// Whether a quota is used up.
    pub(super) fn is_quota(&self) -> bool {
        self.code == "QUOTA_EXCEEDED"
    }

    /// Whether an instance of this name exists.
    pub(super) fn is_conflict(&self) -> bool {
        self.code == "RESOURCE_ALREADY_EXISTS"
    }

    /// Whether it only says that others failed.
    pub(super) fn is_summary(&self) -> bool {
        self.code == "VM_MIN_COUNT_NOT_REACHED"
    }
}

/// Returns the errors of an operation.
pub(super) fn failures_of(operation: &model::Operation) -> Vec<OperationFailure> {
    let errors = operation.error.iter().flat_map(|error| &error.errors);
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    errors.map(|error| OperationFailure::new(&text(&error.code), text(&error.message))).collect()
}

/// Returns how many instances of a bulk were made, by its own count.
pub(super) fn made_of(operation: &model::Operation) -> usize {
    let places =
        operation.instances_bulk_insert_operation_metadata.iter().flat_map(|told| told.per_location_status.values());
    let left = |place: &model::BulkInsertOperationStatus| {
        place.created_vm_count.unwrap_or_default() - place.deleted_vm_count.unwrap_or_default()
    };
    places.map(|place| usize::try_from(left(place)).unwrap_or_default()).sum()
}
