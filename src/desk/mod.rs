//! Floor 3: use cases and loops. Load, decide, save, act; the deciding is an engine's.

pub mod clock;
