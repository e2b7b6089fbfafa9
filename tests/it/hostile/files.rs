//! Hostile bytes: no decoder panics, hangs or takes memory it was not given.

use crate::support::cases;

use super::decoders as body;
use proptest::prelude::*;

proptest! {
    #![proptest_config(cases(600))]
    #[test]
    fn any_bytes(data in prop::collection::vec(any::<u8>(), 0..200)) {
        body::run(&data);
    }

    #[test]
    fn nearly_an_array(kind in 0_u8..12, header in "[{}()'a-z_<>|:, 0-9FTO8]{0,80}", data in any::<[u8; 16]>()) {
        let mut bytes = vec![kind];
        bytes.extend(b"\x93NUMPY\x01\x00");
        bytes.extend((header.len() as u16).to_le_bytes());
        bytes.extend(header.as_bytes());
        bytes.extend(data);
        body::run(&bytes);
    }

    #[test]
    fn nearly_text(kind in 0_u8..2, text in "[-0-9.eE,;\t\n\"\\[\\]a-z ]{0,120}") {
        let mut bytes = vec![kind];
        bytes.extend(text.as_bytes());
        body::run(&bytes);
    }

    #[test]
    fn nearly_a_file(kind in prop::sample::select(vec![7_u8, 8, 10, 11]), array in any::<u8>(), edits in prop::collection::vec(any::<u8>(), 0..40)) {
        let mut bytes = vec![kind, array];
        bytes.extend(edits);
        body::run(&bytes);
    }
}
