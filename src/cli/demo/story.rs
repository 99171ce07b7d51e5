//! What the demonstration prints: a story that a civil servant can read, with every claim marked as it was found.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Failure;
use crate::domain::text::Text;

/// The story so far.
pub(super) struct Story {
    path: PathBuf,
    file: File,
    claims: usize,
    broken: Vec<String>,
}

impl Story {
    pub fn begin(out: &Path) -> Result<Story, Failure> {
        let path = out.join("story.txt");
        let file = File::create(&path);
        let file = file.map_err(|e| Failure::could(format!("{}: {e}", path.display()), "name another --out"))?;
        Ok(Story { path, file, claims: 0, broken: Vec::new() })
    }

    fn line(&mut self, line: &str) {
        let line = line.trim_end();
        say!("{line}");
        let _ = writeln!(self.file, "{line}");
    }

    pub fn chapter(&mut self, title: Text) {
        self.line(&format!("\n{}  ({})", title.id, title.en));
    }

    pub fn tell(&mut self, text: Text) {
        self.line(&format!("  {}", text.id));
        self.line(&format!("      {}", text.en));
    }

    /// Says something that was just checked.
    pub fn claim(&mut self, holds: bool, text: Text) {
        self.claims += 1;
        let mark = if holds { "✓" } else { "✗" };
        self.line(&format!("  {mark} {}", text.id));
        self.line(&format!("      {}", text.en));
        if !holds {
            self.broken.push(text.en);
        }
    }

    /// The last line; whether every claim held.
    pub fn end(mut self, took: Duration) -> Result<bool, Failure> {
        let (claims, broken, seconds) = (self.claims, self.broken.len(), took.as_secs());
        let text = if broken == 0 {
            Text::new(
                format!("Selesai dalam {seconds} detik: {claims} pernyataan diperiksa, semuanya benar."),
                format!("Done in {seconds} s: {claims} claims checked, all of them hold."),
            )
        } else {
            Text::new(
                format!("Selesai dalam {seconds} detik: {broken} dari {claims} pernyataan tidak benar."),
                format!("Done in {seconds} s: {broken} of {claims} claims do not hold: {}", self.broken.join("; ")),
            )
        };
        self.line("");
        self.tell(text);
        self.file
            .sync_all()
            .map_err(|e| Failure::could(format!("{}: {e}", self.path.display()), "free some disk space"))?;
        Ok(broken == 0)
    }
}
