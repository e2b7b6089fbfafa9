//! thalamus
