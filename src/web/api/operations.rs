//! All operations of the API, which the files of its routes describe. The OpenAPI 3 and Swagger 2 descriptions and the
//! API page are built from them, and a test compares them with the routes.

use super::operation::Operation;
use super::{
    checks, faults, info, message, messages, metrics, release, send, sessions, socket, stream, tags, view, wait,
};

/// In the order of the API page.
const FILES: [&[Operation]; 14] = [
    messages::OPERATIONS,
    wait::OPERATIONS,
    stream::OPERATIONS,
    message::OPERATIONS,
    release::OPERATIONS,
    checks::OPERATIONS,
    send::OPERATIONS,
    tags::OPERATIONS,
    faults::OPERATIONS,
    sessions::OPERATIONS,
    info::OPERATIONS,
    socket::OPERATIONS,
    view::OPERATIONS,
    metrics::OPERATIONS,
];

pub fn operations() -> impl Iterator<Item = &'static Operation> {
    FILES.into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Locale;

    #[test]
    fn every_operation_has_a_description_in_both_languages() {
        for operation in operations() {
            assert!(Locale::ALL.iter().all(|locale| locale.has(&operation.key())), "{}", operation.key());
            assert_ne!(operation.summary(Locale::En), operation.summary(Locale::Ko), "{}", operation.id);
        }
    }
}
