//! How the elements of HTML separate words and lines.

use std::collections::HashSet;
use std::sync::LazyLock;

pub(super) fn is_preformatted(name: &str) -> bool {
    matches!(name, "pre" | "textarea" | "xmp" | "listing" | "plaintext")
}

/// Elements that are lines of their own.
const BLOCKS: &str = "address article aside blockquote center dd details div dl dt fieldset figcaption figure footer \
                      form h1 h2 h3 h4 h5 h6 header hr li listing main nav ol p plaintext pre section summary table \
                      textarea tr ul xmp";
/// Elements that do not separate words.
const INLINE: &str = "a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark q s samp small \
                      span strike strong sub sup time tt u var wbr";

pub(super) fn is_block(name: &str) -> bool {
    static BLOCK_NAMES: LazyLock<HashSet<&str>> = LazyLock::new(|| BLOCKS.split(' ').collect());
    BLOCK_NAMES.contains(name)
}

pub(super) fn is_inline(name: &str) -> bool {
    static INLINE_NAMES: LazyLock<HashSet<&str>> = LazyLock::new(|| INLINE.split(' ').collect());
    INLINE_NAMES.contains(name)
}
