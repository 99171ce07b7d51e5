//! An even stream out of an uneven one. Pictures and sound of a live source come when its sender and the network let
//! them; the player wants one picture and its samples per tick. Pure: times are arguments, in nanoseconds of this
//! process.
//!
//! One offset, for picture and sound alike so that they stay in step, says when something of a given presentation time
//! is shown. It is as small as the arrivals allow plus [`MARGIN_NS`]. What comes too late raises it at once; arrivals
//! that all come early let it sink by [`SLEW`]. So the sender's clock may run fast or slow for days: the delay stays,
//! a picture is repeated or left out now and then, and sound is resampled by at most half a per cent, which nobody
//! hears. Only where more than [`JUMP_NS`] is wrong does the sound jump, with a fade.

use std::collections::VecDeque;

use crate::av::seam::{Seam, Taken, fade_in, fade_out};
use crate::domain::channel::HOUSE_SOUND_CHANNELS;

/// How much earlier than needed things are, at the least: a thread that is late, a network that jitters.
const MARGIN_NS: i64 = 40_000_000;
/// Arrivals are watched this long before the first picture is given.
const SETTLE_NS: i64 = 160_000_000;
/// Over this long arrivals are watched before the delay is said to be larger than needed.
const WINDOW_NS: i64 = 4_000_000_000;
/// The delay sinks, and sound is stretched, by at most this part: 0.5 %.
const SLEW: f64 = 0.005;
/// What is wrong by more is put right at once: 20 ms, half a frame.
const JUMP_NS: i64 = 20_000_000;
/// Time stamps that leap by more begin a new stream.
const LEAP_NS: i64 = 1_000_000_000;
/// Nothing new for so long is a loss; more if the source is slower than that, up to the second figure.
const LOSS_NS: (i64, i64) = (220_000_000, 480_000_000);
/// A picture may be shown this much before its time, and is passed over only if the next one is due this long: else a
/// source whose pictures come due just between two ticks would stutter.
const LEEWAY_NS: i64 = 12_000_000;
/// Decoded pictures that wait; the delay is never as long.
const MOST_PICTURES: usize = 12;
/// Samples that wait: 3 s at 48 kHz. Some muxers send sound long before its picture.
const MOST_SAMPLES: usize = 144_000;
/// Sound that is off by less is left alone: 2 ms at 48 kHz.
const DEAD_BAND: f64 = 96.0;

/// Evens out one source.
#[derive(Debug)]
pub(super) struct Steady<P> {
    sample_rate_hz: u32,
    /// Shown at presentation time + offset; `None` until arrivals have settled.
    offset_ns: Option<i64>,
    target_ns: i64,
    settling: Vec<(i64, i64)>,
    pictures: VecDeque<(i64, P)>,
    shown: Option<P>,
    /// Arrival and presentation time of the newest picture.
    newest: Option<(i64, i64)>,
    interval_ns: i64,
    least_slack_ns: i64,
    window_end_ns: i64,
    sound: SourceSound,
}

/// What a tick gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Given<P> {
    /// No picture yet, or none any longer.
    Nothing,
    /// A picture and its samples, interleaved.
    Frame(P, Vec<i16>),
}

impl<P: Clone> Steady<P> {
    pub fn new(sample_rate_hz: u32) -> Steady<P> {
        Steady {
            sample_rate_hz,
            offset_ns: None,
            target_ns: 0,
            settling: Vec::new(),
            pictures: VecDeque::new(),
            shown: None,
            newest: None,
            interval_ns: 0,
            least_slack_ns: i64::MAX,
            window_end_ns: 0,
            sound: SourceSound::default(),
        }
    }

    /// Forgets the stream; the next picture begins a new one.
    pub fn reset(&mut self) {
        *self = Steady {
            sound: SourceSound { seam: std::mem::take(&mut self.sound.seam), ..SourceSound::default() },
            ..Steady::new(self.sample_rate_hz)
        };
    }

    /// When the newest picture came.
    pub fn heard_ns(&self) -> Option<i64> {
        self.newest.map(|(arrival, _)| arrival)
    }

    /// A picture came.
    pub fn picture(&mut self, arrival_ns: i64, pts_ns: i64, picture: P) {
        if let Some((arrival, pts)) = self.newest {
            let (real, said) = (arrival_ns - arrival, pts_ns - pts);
            // A demuxer holds a picture until the next one begins: what a sender left behind comes with the next sender's.
            let leftover = self.offset_ns.is_none() && said - real > LOSS_NS.0;
            if (said - real).abs() > LEAP_NS || said < 0 || leftover {
                self.reset();
            } else if self.interval_ns == 0 {
                self.interval_ns = said;
            } else {
                self.interval_ns += (said - self.interval_ns) / 8;
            }
        }
        self.newest = Some((arrival_ns, pts_ns));
        self.arrived(arrival_ns, pts_ns);
        self.pictures.push_back((pts_ns, picture));
        if self.pictures.len() > MOST_PICTURES {
            self.pictures.pop_front();
            self.hasten(arrival_ns);
        }
    }

    /// More wait than may: the oldest is due now. Without this each would be dropped before its time.
    fn hasten(&mut self, now_ns: i64) {
        let (Some((oldest, _)), Some(offset)) = (self.pictures.front(), self.offset_ns) else { return };
        if oldest + offset > now_ns {
            self.target_ns = now_ns - oldest;
            self.offset_ns = Some(self.target_ns);
            (self.least_slack_ns, self.window_end_ns) = (i64::MAX, now_ns + WINDOW_NS);
        }
    }

    /// Sound came, interleaved.
    pub fn sound(&mut self, arrival_ns: i64, pts_ns: i64, samples: &[i16]) {
        if self.newest.is_some() {
            self.arrived(arrival_ns, pts_ns);
        }
        self.sound.add(i128_index(pts_ns, self.sample_rate_hz), samples);
    }

    fn arrived(&mut self, arrival_ns: i64, pts_ns: i64) {
        let needed = arrival_ns - pts_ns;
        let Some(offset) = self.offset_ns else {
            return self.settling.push((arrival_ns, needed));
        };
        let slack = offset - needed;
        self.least_slack_ns = self.least_slack_ns.min(slack);
        if slack < 0 && -slack < LEAP_NS {
            self.target_ns = needed + MARGIN_NS / 2;
            if self.target_ns - offset > JUMP_NS {
                self.offset_ns = Some(self.target_ns);
            }
            (self.least_slack_ns, self.window_end_ns) = (i64::MAX, arrival_ns + WINDOW_NS);
        }
    }

    /// What the tick at `now` gets, `samples` per channel.
    pub fn tick(&mut self, now_ns: i64, tick_ns: i64, samples: usize) -> Given<P> {
        let Some((heard, _)) = self.newest else { return Given::Nothing };
        let patience = (self.interval_ns * 5 / 2).clamp(LOSS_NS.0, LOSS_NS.1);
        if now_ns - heard > patience {
            self.reset();
            return Given::Nothing;
        }
        if self.offset_ns.is_none() && !self.settle(now_ns) {
            return Given::Nothing;
        }
        let Some(offset) = self.slew(now_ns, tick_ns) else { return Given::Nothing };
        let mut latest = now_ns + LEEWAY_NS;
        while self.pictures.front().is_some_and(|(pts, _)| pts + offset <= latest) {
            self.shown = self.pictures.pop_front().map(|(_, picture)| picture);
            latest = now_ns - LEEWAY_NS;
        }
        let Some(picture) = self.shown.clone() else { return Given::Nothing };
        let wanted = (now_ns - offset) as f64 * f64::from(self.sample_rate_hz) / 1e9;
        Given::Frame(picture, self.sound.take(wanted, samples))
    }

    /// The first delay: what the newest arrivals needed. Older ones may be a backlog that the sender has just let go.
    fn settle(&mut self, now_ns: i64) -> bool {
        let Some((first, _)) = self.settling.first() else { return false };
        if now_ns - first < SETTLE_NS {
            return false;
        }
        let recent = self.settling.iter().filter(|(arrival, _)| now_ns - arrival <= SETTLE_NS / 2);
        let Some(needed) = recent.map(|(_, needed)| *needed).max() else { return false };
        self.target_ns = needed + MARGIN_NS;
        self.offset_ns = Some(self.target_ns);
        self.settling.clear();
        (self.least_slack_ns, self.window_end_ns) = (i64::MAX, now_ns + WINDOW_NS);
        true
    }

    fn slew(&mut self, now_ns: i64, tick_ns: i64) -> Option<i64> {
        let mut offset = self.offset_ns?;
        if now_ns >= self.window_end_ns {
            let spare = self.least_slack_ns.saturating_sub(MARGIN_NS);
            // A few milliseconds to and fro are not worth a picture.
            if self.least_slack_ns < i64::MAX && spare.abs() > MARGIN_NS / 8 {
                self.target_ns = offset - spare;
            }
            (self.least_slack_ns, self.window_end_ns) = (i64::MAX, now_ns + WINDOW_NS);
        }
        let most = (tick_ns as f64 * SLEW) as i64;
        offset += (self.target_ns - offset).clamp(-most, most);
        self.offset_ns = Some(offset);
        Some(offset)
    }
}

fn i128_index(pts_ns: i64, sample_rate_hz: u32) -> i64 {
    let index = (i128::from(pts_ns) * i128::from(sample_rate_hz)).div_euclid(1_000_000_000);
    i64::try_from(index).unwrap_or(i64::MAX)
}

/// Samples of the source, numbered by its presentation times.
#[derive(Debug, Default)]
struct SourceSound {
    first: i64,
    samples: VecDeque<i16>,
    /// Where the next tick reads on, in samples of the source.
    at: Option<f64>,
    correcting: bool,
    sounding: bool,
    seam: Seam,
}

impl SourceSound {
    fn len(&self) -> usize {
        self.samples.len() / HOUSE_SOUND_CHANNELS
    }

    /// Time stamps are rounded, samples are not: only what is more than 20 ms off is believed to be a hole.
    fn add(&mut self, first: i64, samples: &[i16]) {
        let end = self.first + self.len() as i64;
        let off = first - end;
        let mut samples = samples;
        if self.samples.is_empty() || off.unsigned_abs() as usize > MOST_SAMPLES {
            self.samples.clear();
            self.first = first;
        } else if off > 960 {
            self.samples.extend(std::iter::repeat_n(0, off as usize * HOUSE_SOUND_CHANNELS));
        } else if off < -960 {
            samples = samples.get(off.unsigned_abs() as usize * HOUSE_SOUND_CHANNELS..).unwrap_or_default();
        }
        self.samples.extend(samples);
        let over = self.len().saturating_sub(MOST_SAMPLES);
        self.drop_first(over);
    }

    fn drop_first(&mut self, samples: usize) {
        let samples = samples.min(self.len());
        self.samples.drain(..samples * HOUSE_SOUND_CHANNELS);
        self.first += samples as i64;
    }

    /// `samples` from about `wanted` on.
    fn take(&mut self, wanted: f64, samples: usize) -> Vec<i16> {
        let off = self.at.map(|at| wanted - at);
        let goes_on = off.filter(|off| off.abs() <= JUMP_NS as f64 * 48e-6);
        let at = match (goes_on, self.at) {
            (Some(_), Some(at)) => at,
            _ => wanted.round(),
        };
        let off = goes_on.unwrap_or(0.0);
        self.correcting = off.abs() > if self.correcting { DEAD_BAND / 8.0 } else { DEAD_BAND };
        let step = if self.correcting { 1.0 + (off / 48_000.0).clamp(-SLEW, SLEW) } else { 1.0 };
        let mut taken = Vec::with_capacity(samples * HOUSE_SOUND_CHANNELS);
        let (mut begins, mut ends) = (None, samples);
        for n in 0..samples {
            match self.sample(at + n as f64 * step) {
                Some(pair) => {
                    begins.get_or_insert(n);
                    taken.extend(pair);
                }
                None => {
                    if begins.is_some() {
                        ends = ends.min(n);
                    }
                    taken.extend([0; HOUSE_SOUND_CHANNELS]);
                }
            }
        }
        if let Some(begins) = begins {
            let real = &mut taken[begins * HOUSE_SOUND_CHANNELS..ends * HOUSE_SOUND_CHANNELS];
            let length = 240.min(ends - begins);
            if begins > 0 {
                fade_in(real, length);
            }
            if ends < samples {
                fade_out(real, length);
            }
        }
        let next = at + samples as f64 * step;
        self.at = Some(next);
        let used = usize::try_from(next as i64 - 2 - self.first).unwrap_or(0);
        self.drop_first(used);
        let starts = begins == Some(0);
        let follows = starts == self.sounding && (goes_on.is_some() || !starts);
        self.sounding = begins.is_some() && ends == samples;
        self.seam.join(Taken { samples: taken, follows }, None, false, 240)
    }

    /// The value between two samples, by a cubic through four (Catmull and Rom).
    fn sample(&self, at: f64) -> Option<[i16; HOUSE_SOUND_CHANNELS]> {
        let whole = at.floor();
        let (index, part) = (whole as i64 - self.first, at - whole);
        let index = usize::try_from(index).ok()?;
        let value = |n: usize, channel: usize| self.samples.get(n * HOUSE_SOUND_CHANNELS + channel).copied();
        value(index, HOUSE_SOUND_CHANNELS - 1)?;
        let mut pair = [0; HOUSE_SOUND_CHANNELS];
        for (channel, out) in pair.iter_mut().enumerate() {
            let here = value(index, channel)?;
            if part < 1e-6 {
                *out = here;
                continue;
            }
            let near = |n: Option<usize>| n.and_then(|n| value(n, channel)).unwrap_or(here);
            let of = |sample: i16| f64::from(sample);
            let (a, b) = (of(near(index.checked_sub(1))), of(here));
            let (c, d) = (of(near(Some(index + 1))), of(near(Some(index + 2))));
            let curve =
                b + 0.5 * part * (c - a + part * (2.0 * a - 5.0 * b + 4.0 * c - d + part * (3.0 * (b - c) + d - a)));
            *out = curve.round().clamp(f64::from(i16::MIN), f64::from(i16::MAX)) as i16;
        }
        Some(pair)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: i64 = 1_000_000;
    const TICK: i64 = 40 * MS;

    /// A sender with a steady tone: what it sends, when it arrives, and what comes out.
    struct Line {
        steady: Steady<i64>,
        sent: i64,
        shown: Vec<Option<i64>>,
        air: Vec<i16>,
    }

    impl Line {
        fn new() -> Line {
            Line { steady: Steady::new(48_000), sent: 0, shown: Vec::new(), air: Vec::new() }
        }
        /// Ticks until `until`; frame n of 25 a second arrives at `arrival(n)`.
        fn run(&mut self, until: i64, arrival: impl Fn(i64) -> i64) {
            while (self.shown.len() as i64) < until {
                let now = self.shown.len() as i64 * TICK;
                while arrival(self.sent) <= now {
                    let (n, at) = (self.sent, arrival(self.sent));
                    self.steady.picture(at, n * TICK, n);
                    let wave = |s: i64| (6553.0 * (180.0 * std::f64::consts::TAU * s as f64 / 48_000.0).sin()) as i16;
                    let samples: Vec<i16> = (n * 1920..(n + 1) * 1920).flat_map(|s| [wave(s); 2]).collect();
                    self.steady.sound(at, n * TICK, &samples);
                    self.sent += 1;
                }
                match self.steady.tick(now, TICK, 1920) {
                    Given::Frame(n, sound) => {
                        self.shown.push(Some(n));
                        self.air.extend(sound);
                    }
                    Given::Nothing => {
                        self.shown.push(None);
                        self.air.extend([0; 3840]);
                    }
                }
            }
        }
        fn largest_step_db(&self, from: usize) -> f64 {
            let steps = self.air[from * 3840..].windows(4).map(|w| (f64::from(w[2]) - f64::from(w[0])).abs());
            20.0 * (steps.fold(0.0, f64::max) / 32_768.0).log10()
        }
        /// How long after its arrival the newest picture is shown, in milliseconds.
        fn delay_ms(&self, arrival: impl Fn(i64) -> i64) -> i64 {
            let tick = self.shown.len() as i64 - 1;
            (tick * TICK - arrival(self.shown.last().copied().flatten().expect("a picture"))) / MS
        }
    }

    #[test]
    fn an_even_source_comes_out_frame_by_frame_and_its_sound_bit_by_bit() {
        let arrival = |n: i64| 1000 * MS + n * TICK + (n * 7919 % 9) * MS;
        let mut line = Line::new();
        line.run(500, arrival);
        let first = line.shown.iter().position(Option::is_some).expect("on air");
        assert!((25..=31).contains(&first), "{first}");
        let shown: Vec<i64> = line.shown[first..].iter().flatten().copied().collect();
        assert!(shown.windows(2).all(|w| w[1] == w[0] + 1), "none repeated, none left out");
        assert!(line.largest_step_db(0) < -40.0);
        assert!(line.delay_ms(arrival) <= 90, "{}", line.delay_ms(arrival));
    }

    #[test]
    fn a_sender_whose_clock_runs_off_neither_lags_nor_clicks() {
        for ppm in [-300, 300] {
            let arrival = |n: i64| 1000 * MS + n * (TICK + TICK * ppm / 1_000_000) + (n * 7919 % 9) * MS;
            let mut line = Line::new();
            line.run(25 * 600, arrival);
            let (first, last) = (line.shown[100].expect("on air"), line.shown[14_999].expect("on air"));
            let frames = 14_899 - (last - first);
            assert!((3..=6).contains(&(frames * ppm.signum())), "180 ms in ten minutes are 4.5 frames: {frames}");
            assert!(line.delay_ms(arrival) <= 110, "{} ms at {ppm} ppm", line.delay_ms(arrival));
            assert!(line.largest_step_db(100) < -40.0);
            let steps = line.shown[100..].windows(2).filter(|w| w[1] != w[0].map(|n| n + 1)).count() as i64;
            assert!(steps <= 7, "no stutter: {steps}");
        }
    }

    #[test]
    fn a_loss_is_said_within_a_quarter_of_a_second_and_a_new_stream_is_taken_with_its_own_times() {
        let mut line = Line::new();
        line.run(200, |n| if n < 100 { n * TICK } else { i64::MAX });
        let last = line.shown.iter().rposition(Option::is_some).expect("it was there");
        assert!((99..=106).contains(&last), "frame 99 came at tick 99: {last}");
        line.run(400, |n| n * TICK + 5000 * MS);
        assert_eq!(line.shown[300..].iter().filter(|n| n.is_none()).count(), 0);
        assert!(line.largest_step_db(0) < -40.0);
    }

    #[test]
    fn what_a_sender_left_behind_is_not_shown_when_the_next_one_comes() {
        // Its last picture comes when the next one's first packets do, 800 ms before their picture by the stream's time.
        let mut again = Line { sent: 100, shown: vec![None; 200], ..Line::new() };
        again.steady.picture(200 * TICK, 80 * TICK, 80);
        again.steady.sound(200 * TICK, 80 * TICK, &[0; 3840]);
        again.run(300, |n| (n + 103) * TICK);
        let shown: Vec<i64> = again.shown.iter().flatten().copied().collect();
        assert!(shown[0] >= 100, "a picture of the next sender: {}", shown[0]);
        assert!(shown.windows(2).all(|w| w[1] == w[0] + 1), "and from there on each: {shown:?}");
    }

    #[test]
    fn a_delay_that_was_taken_too_long_mends_itself_and_the_picture_does_not_stand() {
        let mut line = Line::new();
        line.run(50, |n| n * TICK);
        line.steady.offset_ns = line.steady.offset_ns.map(|offset| offset + 900 * MS);
        line.steady.target_ns += 900 * MS;
        line.run(150, |n| n * TICK);
        let stood = line.shown[50..].windows(2).take_while(|w| w[0] == w[1]).count();
        assert!(stood <= MOST_PICTURES, "{stood} ticks");
        assert!(line.shown[80..].windows(2).all(|w| w[1] == w[0].map(|n| n + 1)), "{:?}", &line.shown[80..]);
    }

    #[test]
    fn a_backlog_let_go_at_once_does_not_make_the_air_late_for_good() {
        // Two seconds of stale pictures come at once, then live ones.
        let arrival = |n: i64| (2000 * MS).max(n * TICK);
        let mut line = Line::new();
        line.run(200, arrival);
        assert!(line.delay_ms(arrival) <= 130, "{}", line.delay_ms(arrival));
    }

    #[test]
    fn a_network_that_holds_its_breath_is_ridden_out_and_the_delay_sinks_again() {
        let arrival = |n: i64| if (100..105).contains(&n) { 105 * TICK } else { n * TICK };
        let mut line = Line::new();
        line.run(25 * 60, arrival);
        assert_eq!(line.shown[10..].iter().filter(|n| n.is_none()).count(), 0, "never a hole");
        assert!(line.delay_ms(arrival) <= 90, "{}", line.delay_ms(arrival));
        assert!(line.largest_step_db(10) < -40.0);
    }
}
