//! Judges the recording of the air, frame by frame, against the house files of the plan: not from the player's word.

use std::collections::BTreeMap;

use chrono::TimeDelta;

use super::air::Aired;
use super::story::Story;
use super::{AIR, Failure, MOST_LOST, Stage, keep_journal};
use crate::av::recording::{self, SmallFrame};
use crate::domain::as_run::Outcome;
use crate::domain::playlist::{ItemKind, Playlist, PlaylistItem, Source};
use crate::domain::text::Text;
use crate::domain::time::Instant;

/// Mean difference of luma up to which two small frames are the same picture, coded twice.
const SAME: u32 = 6;
/// Mean luma, video range in full, below which a picture is black.
const BLACK: u32 = 20;
/// Units of the stream's clock a second (ISO/IEC 13818-1), and in one turn of its 33 bits.
const CLOCK_HZ: i64 = 90_000;
const CLOCK_TURN: i64 = 1 << 33;
/// An item starts within one frame of its plan.
const MOST_OFF: i64 = 1;

pub(super) fn judge_air(stage: &Stage, plan: &Playlist, aired: &Aired, story: &mut Story) -> Result<(), Failure> {
    let failed = |e: recording::RecordingError| Failure::could(e.to_string(), "run the demonstration again");
    let air = recording::read(&stage.out.join("air.ts")).map_err(failed)?;
    let rate = plan.head().rate;
    let tick_units = CLOCK_HZ * i64::from(rate.den()) / i64::from(rate.num());
    // Ticks since the wall opened, whatever turn of the clock the stream is in.
    let tick_of = |pts: i64| {
        let since = (pts - aired.opened.timestamp_millis() * (CLOCK_HZ / 1000)).rem_euclid(CLOCK_TURN);
        let since = if since > CLOCK_TURN / 2 { since - CLOCK_TURN } else { since };
        (since + tick_units / 2).div_euclid(tick_units)
    };
    let open_ticks = i64::try_from(rate.frames_in(u32::try_from(AIR.num_seconds()).unwrap_or(0))).unwrap_or(0);
    let frames: BTreeMap<i64, &SmallFrame> =
        air.iter().map(|f| (tick_of(f.pts), f)).filter(|(tick, _)| (0..open_ticks).contains(tick)).collect();

    let ticks: Vec<i64> = frames.keys().copied().collect();
    let gaps: Vec<(i64, i64)> = ticks.windows(2).filter(|p| p[1] - p[0] > 1).map(|p| (p[0], p[1] - p[0] - 1)).collect();
    let lost: i64 = gaps.iter().map(|(_, n)| n).sum();
    let black = frames.values().filter(|f| f.mean() < BLACK).count();
    story.claim(
        black == 0,
        Text::new(format!("{black} gambar hitam saat buka."), format!("{black} black frames while open.")),
    );

    // Half a frame that the killed player left behind is read as a torn one: lost, not wrong.
    let near_kill = |tick: i64| gaps.iter().any(|(at, n)| (at - 1..=at + n + 2).contains(&tick));
    let mut wrong = Vec::new();
    let (mut compared, mut torn) = (0, 0);
    for item in plan.items().iter().filter(|item| matches!(item.kind, ItemKind::Clip | ItemKind::Fill)) {
        let Source::File(path) = &item.source else { continue };
        let house = recording::read(&stage.home.join(path)).map_err(failed)?;
        let judged = judge_item(item, plan, aired.opened, &house, &frames, near_kill);
        compared += judged.compared;
        torn += judged.torn;
        if !judged.holds() {
            wrong.push(format!("{} ({}: {judged:?})", item.title, item.id));
        }
    }
    let (items, wrong) = (plan.items().len(), wrong.join("; "));
    let plays = plan.items().iter().filter(|item| item.kind == ItemKind::Clip).count();
    let fill = items - plays;
    story.claim(
        wrong.is_empty() && compared > 0,
        Text::new(
            format!(
                "{items} materi ({plays} penayangan, {fill} pengisi) tayang berurutan, mulai tepat pada bingkainya; \
                 {compared} gambar dibandingkan dengan berkasnya. {wrong}"
            ),
            format!(
                "{items} items ({plays} plays, {fill} fill) aired in order, each starting on its frame; {compared} \
                 frames compared with their files. {wrong}"
            ),
        ),
    );
    let killed_tick =
        (aired.killed - aired.opened).num_milliseconds() * i64::from(rate.num()) / (1000 * i64::from(rate.den()));
    let around_kill = gaps.iter().all(|(at, _)| (killed_tick - 25..=killed_tick + 50).contains(at));
    let lost_ms = TimeDelta::milliseconds(i64::try_from(rate.millis((lost + torn).unsigned_abs())).unwrap_or(i64::MAX));
    story.claim(
        around_kill && lost_ms <= MOST_LOST,
        Text::new(
            format!(
                "Kematian pemutar menghilangkan {} ms gambar; selain itu tiap gambar berjarak 40 ms.",
                lost_ms.num_milliseconds()
            ),
            format!("The kill cost {} ms of picture; otherwise frames are 40 ms apart.", lost_ms.num_milliseconds()),
        ),
    );
    judge_journal(stage, story)
}

/// What the recording shows of one item.
#[derive(Debug)]
struct ItemJudgement {
    compared: usize,
    differing: usize,
    /// Differing frames beside the kill.
    torn: i64,
    /// Ticks between the planned and the seen first frame; `None` where the kill took it.
    start_off: Option<i64>,
}

impl ItemJudgement {
    fn holds(&self) -> bool {
        self.differing == 0 && self.start_off.is_none_or(|off| off.abs() <= MOST_OFF)
    }
}

fn judge_item(
    item: &PlaylistItem,
    plan: &Playlist,
    opened: Instant,
    house: &[SmallFrame],
    frames: &BTreeMap<i64, &SmallFrame>,
    near_kill: impl Fn(i64) -> bool,
) -> ItemJudgement {
    let rate = plan.head().rate;
    let first = item.first_tick(rate).0 - rate.tick_from(opened).0;
    let mut judged = ItemJudgement { compared: 0, differing: 0, torn: 0, start_off: None };
    for k in 0..item.duration_frames.cast_signed() {
        let wanted = house.get(usize::try_from(item.in_frames.cast_signed() + k).unwrap_or(usize::MAX));
        let (Some(seen), Some(wanted)) = (frames.get(&(first + k)), wanted) else { continue };
        judged.compared += 1;
        match seen.difference(wanted) > SAME {
            true if near_kill(first + k) => judged.torn += 1,
            differs => judged.differing += usize::from(differs),
        }
    }
    if frames.contains_key(&first)
        && let Some(opening) = house.get(usize::try_from(item.in_frames).unwrap_or(usize::MAX))
    {
        let near = (-5..=5).filter(|off| frames.get(&(first + off)).is_some_and(|f| f.difference(opening) <= SAME));
        judged.start_off = near.min_by_key(|off: &i64| off.abs()).or(Some(i64::MAX));
    }
    judged
}

fn judge_journal(stage: &Stage, story: &mut Story) -> Result<(), Failure> {
    let rows = keep_journal(stage)?;
    let lost = rows.iter().position(|r| r.row.why.as_deref() == Some("player_lost"));
    let told = lost.is_some_and(|n| {
        let outcome = |k: usize| rows.get(n + k).map(|r| r.row.outcome);
        outcome(1) == Some(Outcome::OffAir) && outcome(2).is_some()
    });
    story.claim(
        told,
        Text::new(
            format!("Catatan tayang: {} baris tersambung tanpa celah, juga saat pemutar mati.", rows.len()),
            format!("The as-run journal: {} rows tile time without a gap, across the kill too.", rows.len()),
        ),
    );
    Ok(())
}
