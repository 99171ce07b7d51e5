//! Clips without sound, and sound without a picture.

use super::{play, seconds_of};
use crate::Length;
use crate::clips::{self, Clip, Kind, Sound};
use crate::heard::{self, Heard};
use crate::plan;
use crate::report::Row;
use crate::sink;
use crate::stage::Home;

/// Ticks of an item.
const ITEM: u32 = 75;

pub fn measure(length: Length) -> Vec<Row> {
    let silent = clips::make(Kind { sound: Sound::None, ..Kind::house(60) }, ITEM);
    let plain = clips::make(Kind::house(61), ITEM);
    let only_sound = Clip { kind: Kind { id: 62, ..Kind::house(62) }, path: only_sound() };
    let round = [silent, plain, only_sound];
    let slots = plan::in_turn(round.iter().cycle().take(length.of(9, 90)).map(|clip| (clip.clone(), ITEM)));
    let mut home = Home::new();
    let (aired, ()) = play(&mut home, &slots, |_, _| ());
    let ticks = slots.len() as i64 * i64::from(ITEM);
    let picture = plan::largest_step_ms(aired.start, ticks, &aired.frames);
    let sound = sink::largest_sound_step_ms(&aired.recording, aired.start, ticks);
    let seen: Vec<_> = slots.iter().filter(|slot| slot.clip.kind.id != 62).collect();
    let kept = plan::judge(seen, &aired.air);
    let black = aired.air.values().filter(|what| **what == crate::barcode::Seen::Black).count() as u64;
    let heard = Heard::of(&aired.recording, aired.start);
    let heard_of = |slot: &plan::Slot| {
        let sound = heard.between(slot.first, slot.first + i64::from(ITEM), 100);
        heard::silences_ms(sound).iter().sum::<f64>() < seconds_of(ITEM) * 500.0
    };
    let audible = slots.iter().filter(|slot| slot.clip.kind.id == 62 && heard_of(slot)).count();
    let all = slots.iter().filter(|slot| slot.clip.kind.id == 62).count();
    vec![
        Row::new("largest step between pictures at the sink", format!("{picture} ms"), "≤ 60 ms", picture <= 60),
        Row::new("largest step between sounds at the sink", format!("{sound:.0} ms"), "≤ 60 ms", sound <= 60.0),
        Row::none_of("faulty frames of the items with a picture", kept.faults()),
        Row::none_of("black frames", black),
        Row::said("items of sound alone that were heard", format!("{audible} of {all}")),
        Row::new("the player ended by itself", aired.ended, "true", aired.ended),
    ]
}

/// A clip without a picture.
fn only_sound() -> std::path::PathBuf {
    let path = clips::folder().join("only-sound.mp4");
    if !path.exists() {
        let made = std::process::Command::new("ffmpeg")
            .args(["-y", "-v", "error", "-f", "lavfi", "-t", "3", "-i", "sine=frequency=250:sample_rate=48000"])
            .args(["-ac", "2", "-c:a", "aac"])
            .arg(&path)
            .status();
        assert!(made.is_ok_and(|status| status.success()), "ffmpeg makes sound");
    }
    path
}
