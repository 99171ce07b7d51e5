//! Clips of every kind after each other: every frame once, no black, no silence, no click.

use super::{Dice, most, play};
use crate::Length;
use crate::clips::{self, Kind, Sound};
use crate::heard::{self, Heard};
use crate::plan::{self, Slot};
use crate::report::Row;
use crate::stage::Home;

/// Joins of one run.
const JOINS: usize = 200;

fn kinds() -> Vec<Kind> {
    let tone = |codec, rate_hz| Sound::Tone { codec, rate_hz };
    let wide = (320, 180);
    let kind = |id, rate, size, sound, suffix| Kind { id, rate, size, sound, options: &[], suffix };
    vec![
        kind(1, (25, 1), wide, tone("aac", 48_000), "mp4"),
        kind(2, (24, 1), (640, 360), tone("aac", 48_000), "mp4"),
        kind(3, (30_000, 1001), (480, 360), tone("aac", 44_100), "mp4"),
        kind(4, (30, 1), wide, tone("libmp3lame", 44_100), "mp4"),
        kind(5, (50, 1), (640, 360), tone("pcm_s16le", 48_000), "mov"),
        kind(6, (60, 1), wide, Sound::None, "mp4"),
        kind(7, (25, 1), (1280, 720), tone("pcm_s16le", 44_100), "mov"),
        kind(8, (50, 1), (480, 360), tone("aac", 48_000), "mp4"),
        kind(9, (30, 1), (320, 240), Sound::None, "mp4"),
        kind(10, (24, 1), wide, tone("libmp3lame", 48_000), "mkv"),
        kind(11, (60, 1), (480, 360), tone("aac", 44_100), "mkv"),
        kind(12, (30_000, 1001), (640, 360), tone("pcm_s16le", 48_000), "mkv"),
    ]
}

/// Clips of one second in an order that looks thrown.
pub fn mixed(items: usize) -> Vec<Slot> {
    let clips: Vec<_> = kinds().into_iter().map(|kind| clips::make(kind, 25)).collect();
    let mut dice = Dice(1);
    let mut last = clips.len();
    let mut next = || {
        let n = (0..).map(|_| dice.below(clips.len() as u64) as usize).find(|n| *n != last).expect("a dozen clips");
        last = n;
        (clips[n].clone(), 25)
    };
    plan::in_turn((0..items).map(|_| next()).collect::<Vec<_>>())
}

pub fn measure(_: Length) -> Vec<Row> {
    let slots = mixed(JOINS + 1);
    let mut home = Home::new();
    let (aired, ()) = play(&mut home, &slots, |_, _| ());
    let kept = plan::judge(&slots, &aired.air);
    let faulty: Vec<String> = kinds()
        .into_iter()
        .filter_map(|kind| {
            let of_kind: Vec<_> = slots.iter().filter(|slot| slot.clip.kind.id == kind.id).collect();
            let (items, kept) = (of_kind.len(), plan::judge(of_kind, &aired.air));
            let rate = f64::from(kind.rate.0) / f64::from(kind.rate.1);
            (kept.faults() > 0).then(|| {
                format!(
                    "{items} of {}×{} at {rate:.2} in {}: lost {} doubled {} off {} other {} missing {}",
                    kind.size.0, kind.size.1, kind.suffix, kept.lost, kept.doubled, kept.off, kept.other, kept.missing
                )
            })
        })
        .collect();
    let heard = Heard::of(&aired.recording, aired.start);
    let runs = sounding(&slots);
    let sound: Vec<&[f32]> = runs.iter().map(|(from, to)| heard.between(*from, *to, 30)).collect();
    let silences: Vec<f64> = sound.iter().flat_map(|sound| heard::silences_ms(sound)).collect();
    let click = sound.iter().map(|sound| heard::largest_step_dbfs(sound)).fold(f64::MIN, f64::max);
    let step = plan::largest_step_ms(aired.start, slots.len() as i64 * 25, &aired.frames);
    vec![
        Row::none_of("source frames lost beyond what the rates need", kept.lost),
        Row::none_of("source frames doubled beyond what the rates need", kept.doubled),
        Row::none_of("frames at the wrong tick, or of another clip", kept.off + kept.other + kept.missing),
        Row::none_of("black frames", kept.black),
        Row::said("kinds of clips with such frames", if faulty.is_empty() { "none".into() } else { faulty.join("; ") }),
        Row::new("largest step between frames", format!("{step} ms"), "40 ms", step == 40),
        Row::new(
            format!("silence under −60 dBFS for 2 ms or more, in {} stretches of tone", sound.len()),
            format!(
                "{:.1} ms in {} places, longest {:.1}",
                silences.iter().sum::<f64>(),
                silences.len(),
                most(silences.iter().copied())
            ),
            "0 ms",
            silences.is_empty(),
        ),
        Row::new("largest step of a sample across cuts", format!("{click:.1} dBFS"), "< −40 dBFS", click < -40.0),
        Row::new("the player ended by itself", aired.ended, "true", aired.ended),
    ]
}

/// Stretches of slots with sound, from tick to tick.
fn sounding(slots: &[Slot]) -> Vec<(i64, i64)> {
    let runs = slots.split(|slot| slot.clip.kind.sound == Sound::None);
    let ends = runs.filter_map(|run| Some((run.first()?.first, run.last()?)));
    ends.map(|(first, last)| (first, last.first + i64::from(last.ticks))).collect()
}
