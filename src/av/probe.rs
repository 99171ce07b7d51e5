//! Looks at what leaves the player, on a thread of its own: measures each tick for `engine::watch`, and writes a small
//! picture of the air once a second.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, SyncSender, TrySendError, sync_channel};

use super::picture::{Picture, TickFrame};
use crate::domain::time::Tick;
use crate::engine::watch::{Expected, Measure, measure};

/// One luma row in this many is looked at: 45 rows of 720 cost about nothing.
const ROWS_APART: usize = 16;
/// Ticks waiting to be looked at; when the machine is too busy they are skipped, never waited for.
const QUEUE_FRAMES: usize = 8;
/// Width of the preview, pixels; its height follows the raster.
const PREVIEW_WIDTH: u32 = 640;

/// What was seen of one tick.
#[derive(Debug, Clone, Copy)]
pub struct Seen {
    /// Which.
    pub tick: Tick,
    /// Its measurements.
    pub measure: Measure,
    /// What was expected of it.
    pub expected: Expected,
    /// How late it left, milliseconds.
    pub late_ms: u64,
}

/// A running probe.
#[derive(Debug)]
pub struct Probe {
    frames: SyncSender<TickFrame>,
}

impl Probe {
    /// Starts looking. Measurements go to `seen`; the preview, if wanted, is written every `preview_ticks`.
    ///
    /// # Errors
    /// The system's, when it has no thread to give.
    pub fn start(preview: Option<PathBuf>, preview_ticks: u64, seen: Sender<Seen>) -> std::io::Result<Probe> {
        let (frames, queue) = sync_channel(QUEUE_FRAMES);
        let thread = std::thread::Builder::new().name("probe".into());
        thread.spawn(move || look(preview, preview_ticks.max(1), &queue, &seen))?;
        Ok(Probe { frames })
    }

    /// Hands over a frame; never waits.
    pub fn push(&self, frame: &TickFrame) {
        if let Err(TrySendError::Full(_)) = self.frames.try_send(frame.clone()) {
            tracing::debug!("the probe skipped tick {}", frame.tick.0);
        }
    }
}

fn look(preview: Option<PathBuf>, every: u64, queue: &Receiver<TickFrame>, seen: &Sender<Seen>) {
    let mut before = Vec::new();
    let mut failed = false;
    for frame in queue {
        let rows = sampled_rows(&frame.bare);
        let measure = measure(&rows, &before, frame.sound.as_ref());
        before = rows;
        let report = Seen { tick: frame.tick, measure, expected: frame.expected, late_ms: frame.late_ms };
        if seen.send(report).is_err() {
            return;
        }
        if let Some(path) = &preview
            && frame.tick.0.unsigned_abs().is_multiple_of(every)
        {
            let written = write_preview(path, &frame.picture);
            if let (Err(error), false) = (&written, failed) {
                tracing::warn!("no preview: {} can't be written: {error}", path.display());
            }
            failed |= written.is_err();
        }
    }
}

fn sampled_rows(picture: &Picture) -> Vec<u8> {
    let (raster, [luma, ..]) = (picture.raster(), picture.planes());
    let rows = luma.chunks(raster.row_stride());
    let rows: Vec<&[u8]> = rows.skip(ROWS_APART / 2).step_by(ROWS_APART).map(|r| &r[..raster.width as usize]).collect();
    rows.concat()
}

/// A small JPEG under its name, whole.
fn write_preview(path: &std::path::Path, picture: &Picture) -> Result<(), String> {
    let raster = picture.raster();
    let width = PREVIEW_WIDTH.min(raster.width);
    let height = (raster.height * width / raster.width).max(1);
    let columns: Vec<usize> = (0..width).map(|x| (x * raster.width / width) as usize).collect();
    let mut small = Vec::with_capacity(columns.len() * height as usize * 3);
    for y in 0..height {
        let [luma, blue, red] = rows_at(picture, (y * raster.height / height) as usize);
        small.extend(columns.iter().flat_map(|x| rgb(luma[*x], blue[x / 2], red[x / 2])));
    }
    let small = image::RgbImage::from_raw(width, height, small).ok_or("a picture without pixels")?;
    let temporary = path.with_extension("jpg.part");
    small.save_with_format(&temporary, image::ImageFormat::Jpeg).map_err(|e| e.to_string())?;
    std::fs::rename(&temporary, path).map_err(|e| e.to_string())
}

/// The row of each plane that picture row `y` lies in.
fn rows_at(picture: &Picture, y: usize) -> [&[u8]; 3] {
    let (row, chroma) = (picture.raster().row_stride(), picture.raster().chroma_stride());
    let [luma, blue, red] = picture.planes();
    let half = y / 2 * chroma;
    [&luma[y * row..][..row], &blue[half..][..chroma], &red[half..][..chroma]]
}

/// Y′CbCr BT.709 in video range to RGB (ITU-R BT.709-6, clauses 3.2 to 3.4), in units of 1/65,536.
fn rgb(luma: u8, blue: u8, red: u8) -> [u8; 3] {
    let light = (i32::from(luma) - 16) * 76_309 + 32_768;
    let (blue, red) = (i32::from(blue) - 128, i32::from(red) - 128);
    let rgb = [light + red * 117_489, light - blue * 13_975 - red * 34_925, light + blue * 138_438];
    rgb.map(|c| (c >> 16).clamp(0, 255) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::av::picture::{Raster, Shared};

    #[test]
    fn the_preview_shows_the_colours_of_the_air() {
        let raster = Raster { width: 64, height: 32 };
        // 75 % red of SMPTE bars in BT.709: Y 51, Cb 109, Cr 212.
        let picture = raster.plain([51, 109, 212]);
        let [luma, blue, red] = rows_at(&picture, 31);
        let [r, g, b] = rgb(luma[63], blue[31], red[31]);
        assert!(r.abs_diff(191) <= 2 && g <= 2 && b <= 2, "{r} {g} {b}");
    }

    #[test]
    fn branding_that_moves_does_not_hide_a_picture_that_stands() {
        let raster = Raster { width: 64, height: 32 };
        let (seen, sights) = std::sync::mpsc::channel();
        let probe = Probe::start(None, 25, seen).expect("a thread");
        for tick in 0..2 {
            let colour = [if tick == 0 { 40 } else { 200 }; 3];
            probe.push(&TickFrame {
                tick: Tick(tick),
                picture: raster.plain(colour),
                bare: raster.plain([100; 3]),
                sound: Shared::new(Vec::new()),
                pts_ns: 0,
                duration_ns: 40_000_000,
                expected: Expected { dark: false, still: false, sounding: false },
                late_ms: 0,
            });
        }
        let changes: Vec<_> = sights.iter().take(2).map(|seen| seen.measure.change_milli).collect();
        assert_eq!(changes, [None, Some(0)]);
    }

    #[test]
    fn one_row_in_sixteen_is_looked_at_without_its_padding() {
        let raster = Raster { width: 62, height: 32 };
        let mut bytes = vec![0; raster.picture_bytes()];
        bytes[8 * raster.row_stride()..][..62].fill(7);
        bytes[24 * raster.row_stride()..][..62].fill(9);
        let rows = sampled_rows(&Picture::packed(raster, bytes));
        assert_eq!((rows.len(), rows[0], rows[61], rows[62]), (124, 7, 7, 9));
    }
}
