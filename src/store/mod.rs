//! Floor 2: what must outlive a power cut and be asked about later, in SQLite. The only place with SQL.
