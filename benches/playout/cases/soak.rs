//! Clip changes at speed: what the player keeps, and whether picture and sound stay together.

use super::{median, play};
use crate::Length;
use crate::clips::{self, BEEP_FRAMES, Kind, Sound};
use crate::heard::Heard;
use crate::plan;
use crate::process::{Sample, Sampler};
use crate::report::Row;
use crate::stage::Home;

/// The first samples show the start, not the soak.
const WARM_S: u64 = 30;

pub fn measure(length: Length) -> Vec<Row> {
    let changes = length.of(180, 3600);
    let beep = |id| clips::make(Kind { sound: Sound::Beep, ..Kind::house(id) }, 25);
    let beeps = [70, 71, 72, 73].map(beep);
    let slots = plan::in_turn(beeps.iter().cycle().take(changes).map(|clip| (clip.clone(), 25)));
    let mut home = Home::new();
    let (aired, samples) = play(&mut home, &slots, |player, begin| {
        let sampler = Sampler::of(player.0.id());
        super::sleep_until(plan::at(begin, changes as i64 * 25 - 50));
        sampler.samples()
    });
    let kept = plan::judge(&slots, &aired.air);
    let heard = Heard::of(&aired.recording, aired.start);
    let offset = |slot: &plan::Slot| {
        let from = slot.first + i64::from(BEEP_FRAMES.0);
        Some(heard.onset_ms(from - 4, from + 4, 0.1)? - 160.0)
    };
    let offsets: Vec<f64> = slots.iter().filter_map(offset).collect();
    let middle = median(offsets.clone());
    let spread = offsets.iter().map(|ms| (ms - middle).abs()).fold(0.0, f64::max);
    let unheard = (slots.len() - offsets.len()) as u64;
    let growth = growth_per_1000(&samples);
    let (files, threads) = (range(&samples, |s| s.files), range(&samples, |s| s.threads));
    let steady = |(least, first, last): (usize, usize, usize)| last <= first.max(least) + 2;
    let most = samples.iter().map(|s| s.resident_kib).max().unwrap_or(0);
    vec![
        Row::none_of(format!("faulty frames over {changes} clip changes, one a second"), kept.faults()),
        Row::new(
            "growth of the player's memory",
            format!("{growth:+.2} MB per 1,000 changes (largest {:.1} MB)", most as f64 / 1024.0),
            "≤ 1 MB",
            growth <= 1.0,
        ),
        Row::new(
            "open files, first and last minute's median",
            format!("{} → {}", files.1, files.2),
            "constant",
            steady(files),
        ),
        Row::new(
            "threads, first and last minute's median",
            format!("{} → {}", threads.1, threads.2),
            "constant",
            steady(threads),
        ),
        Row::new(
            "sound after picture",
            format!("{middle:+.1} ms, within {spread:.2} ms of that at every join, {unheard} beeps unheard"),
            "≤ 5 ms",
            middle.abs() <= 5.0 && spread <= 5.0 && unheard == 0,
        ),
        Row::new("the player ended by itself", aired.ended, "true", aired.ended),
    ]
}

fn warm(samples: &[Sample]) -> Vec<&Sample> {
    samples.iter().filter(|sample| sample.at.as_secs() >= WARM_S).collect()
}

/// How the memory grew from the first third to the last, for a thousand changes at one a second; megabytes.
fn growth_per_1000(samples: &[Sample]) -> f64 {
    let samples = warm(samples);
    let third = (samples.len() / 3).max(1);
    let middle = |part: &[&Sample]| median(part.iter().map(|s| s.resident_kib as f64).collect());
    if samples.len() < 3 {
        return f64::NAN;
    }
    let (first, last) = (&samples[..third], &samples[samples.len() - third..]);
    let apart = (last[third / 2].at - first[third / 2].at).as_secs_f64();
    (middle(last) - middle(first)) / 1024.0 / apart * 1000.0
}

/// Least of all, and the medians of the first and the last third.
fn range(samples: &[Sample], of: impl Fn(&Sample) -> usize) -> (usize, usize, usize) {
    let samples = warm(samples);
    let third = (samples.len() / 3).max(1).min(samples.len());
    let middle = |part: &[&Sample]| median(part.iter().map(|s| of(s) as f64).collect()) as usize;
    let least = samples.iter().map(|s| of(s)).min().unwrap_or(0);
    (least, middle(&samples[..third]), middle(&samples[samples.len() - third..]))
}
