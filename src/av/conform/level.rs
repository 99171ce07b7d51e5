//! The level of a clip's sound: brought to the house's loudness by one gain, ridden where three seconds of it would be too
//! loud, and held below the highest peak by a limiter. Pure arithmetic on samples that were decoded once.
//!
//! The first pass measures. Most clips need nothing but a gain, which is then exact. What a limiter or a ride takes
//! away makes the whole quieter, so those are measured again with a higher gain until the whole is right.
//!
//! Not chosen: ffmpeg's `loudnorm`, which rides everything unless all of four measured values suit it, and `alimiter`,
//! which sees no peaks between samples; and either decodes again for each pass.

use std::collections::VecDeque;
use std::io::{self, Read, Write};

use ebur128::{EbuR128, Mode};

use crate::domain::channel::{HOUSE_SOUND_CHANNELS as CHANNELS, HouseFormat};

/// Decoded stereo, interleaved.
pub(super) struct Sound {
    samples: Vec<f32>,
    rate: u32,
}

/// What is done to it.
pub(super) struct Levels {
    gain_db: f64,
    /// Gains of each tenth of a second, dB; empty where none is ridden.
    ride_db: Vec<f64>,
    /// Highest peak, linear; `None` where no peak comes near it.
    ceiling: Option<f64>,
}

/// Loudness is looked at in steps of this many a second (EBU Tech 3341: short-term loudness at least ten times).
const STEPS: u32 = 10;
/// Steps that a short-term loudness covers: three seconds (ITU-R BS.1771, EBU Tech 3341).
const SHORT_TERM: usize = 30;
/// How far above the whole three seconds of it may be, LU: EBU R 128 s1 has −18 LUFS at a target of −23.
const SHORT_TERM_ABOVE_LU: f64 = 5.0;
/// Where the ride aims, below that limit, LU: coding changes a little.
const RIDE_ROOM_LU: f64 = 0.2;
/// Lossy coding raises peaks: this much room is left below the house's limit, dB.
pub(super) const PEAK_ROOM_DB: f64 = 1.0;
/// As much more sees another meter, with another filter between samples than the limiter's, dB.
const SEEN_DB: f64 = 0.2;
/// More would lift noise and hum onto the wall.
const MOST_DB: f64 = 40.0;
/// Where it is good enough, LU.
const CLOSE_LU: f64 = 0.05;
/// Each round comes closer; what twelve do not settle is nearly silent but for a bang.
const ROUNDS: u32 = 12;
/// Loudest that a sample can be: +40 dB, where damaged sound decodes to anything.
const LOUDEST: f32 = 100.0;

impl Sound {
    /// Reads 32-bit floats, at most so many samples of each channel.
    pub(super) fn read(from: &mut dyn Read, rate: u32, most: u64) -> io::Result<Sound> {
        const SAMPLE: usize = 4;
        let most_bytes = most.saturating_mul((SAMPLE * CHANNELS) as u64);
        let (mut from, mut bytes, mut held) = (from.take(most_bytes), vec![0; 1 << 18], 0);
        let mut samples = Vec::new();
        loop {
            let read = from.read(&mut bytes[held..])?;
            if read == 0 {
                samples.truncate(samples.len() / CHANNELS * CHANNELS);
                return Ok(Sound { samples, rate });
            }
            held += read;
            let whole = held - held % SAMPLE;
            samples.extend(
                bytes[..whole].chunks_exact(SAMPLE).map(|b| sane(f32::from_le_bytes([b[0], b[1], b[2], b[3]]))),
            );
            bytes.copy_within(whole..held, 0);
            held -= whole;
        }
    }

    /// Samples of each channel.
    pub(super) fn len(&self) -> u64 {
        (self.samples.len() / CHANNELS) as u64
    }

    /// A channel that is dead beside a living one gets what the other has: on the wall one loudspeaker would be silent.
    pub(super) fn fold_dead_channel(&mut self) -> bool {
        /// Below this a channel is dead, above that one lives, mean power in dB (QUALITY: −60 and −40).
        const DEAD_DB: f64 = -60.0;
        const ALIVE_DB: f64 = -40.0;
        let mut power = [0.0; CHANNELS];
        for frame in self.samples.chunks_exact(CHANNELS) {
            for (sum, sample) in power.iter_mut().zip(frame) {
                *sum += f64::from(*sample) * f64::from(*sample);
            }
        }
        let frames = self.len().max(1) as f64;
        let level = power.map(|sum| 10.0 * (sum / frames).max(1e-20).log10());
        let (dead, alive) = if level[0] < level[1] { (0, 1) } else { (1, 0) };
        let fold = level[dead] < DEAD_DB && level[alive] > ALIVE_DB;
        if fold {
            self.samples.chunks_exact_mut(CHANNELS).for_each(|frame| frame[dead] = frame[alive]);
        }
        fold
    }

    /// What brings it to the house's level, with so much room below the highest peak, dB; `None` where it is silent.
    pub(super) fn levels(&self, house: HouseFormat, peak_room_db: f64) -> Option<Levels> {
        let first = self.measure(None, Mode::I | Mode::S | Mode::TRUE_PEAK)?;
        let ceiling_db = house.max_true_peak_dbtp - peak_room_db;
        let most_short_term = house.loudness_lufs + SHORT_TERM_ABOVE_LU - RIDE_ROOM_LU;
        let loudest = |of: &Measures| of.short_term.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let mut gain_db = rounded(house.loudness_lufs - first.integrated).min(MOST_DB);
        let mut search = Search::default();
        for _ in 0..ROUNDS {
            let ceiling = (first.peak_db + gain_db > ceiling_db).then(|| linear(ceiling_db - SEEN_DB));
            let mut levels = Levels { gain_db, ceiling, ride_db: Vec::new() };
            if ceiling.is_none() && loudest(&first) + gain_db <= most_short_term {
                return Some(levels);
            }
            let Some(mut now) = self.measure(Some(&levels), Mode::I | Mode::S) else { return Some(levels) };
            if loudest(&now) > most_short_term {
                levels.ride_db = ride(&now.short_term, most_short_term);
                now = self.measure(Some(&levels), Mode::I).unwrap_or(now);
            }
            let missing = house.loudness_lufs - now.integrated;
            if missing.abs() <= CLOSE_LU || (missing > 0.0 && gain_db >= MOST_DB) {
                return Some(levels);
            }
            search.tried(levels, missing);
            gain_db = rounded(search.next(gain_db, missing)).min(MOST_DB);
        }
        search.best.map(|(levels, _)| levels)
    }

    fn measure(&self, levels: Option<&Levels>, mode: Mode) -> Option<Measures> {
        let mut meter = EbuR128::new(CHANNELS as u32, self.rate, mode).ok()?;
        let mut short_term = Vec::new();
        let mut take = |block: &[f32]| -> Option<()> {
            meter.add_frames_f32(block).ok()?;
            if mode.contains(Mode::S) {
                short_term.push(meter.loudness_shortterm().unwrap_or(f64::NEG_INFINITY));
            }
            Some(())
        };
        match levels {
            None => self.samples.chunks(self.step()).try_for_each(&mut take)?,
            Some(levels) => self.levelled(levels, |block| take(block).ok_or(io::ErrorKind::Other.into())).ok()?,
        }
        let integrated = meter.loudness_global().ok().filter(|lufs| lufs.is_finite())?;
        let peak = (0..CHANNELS as u32).filter_map(|channel| meter.true_peak(channel).ok()).fold(0.0, f64::max);
        Some(Measures { integrated, short_term, peak_db: 20.0 * peak.max(1e-9).log10() })
    }

    /// Samples, of both channels, in a step.
    fn step(&self) -> usize {
        (self.rate / STEPS) as usize * CHANNELS
    }

    /// Writes it at its level as 32-bit floats.
    pub(super) fn write(&self, levels: &Levels, to: &mut dyn Write) -> io::Result<()> {
        let mut bytes = Vec::new();
        self.levelled(levels, |block| {
            bytes.clear();
            bytes.extend(block.iter().flat_map(|sample| sample.to_le_bytes()));
            to.write_all(&bytes)
        })
    }

    /// Hands it out at its level, step by step: first the gain, then the limiter, then the ride, which only makes quieter.
    fn levelled(&self, levels: &Levels, mut take: impl FnMut(&[f32]) -> io::Result<()>) -> io::Result<()> {
        let gain = linear(levels.gain_db);
        let mut limiter = levels.ceiling.map(|ceiling| Limiter::new(ceiling, self.rate));
        let mut ride =
            Ride { gains: levels.ride_db.iter().map(|db| linear(*db)).collect(), step: self.step(), given: 0 };
        let mut block = Vec::with_capacity(self.step());
        for step in self.samples.chunks(self.step()) {
            block.clear();
            for frame in step.chunks_exact(CHANNELS) {
                let frame = [frame[0], frame[1]].map(|sample| f64::from(sample) * gain);
                let limited = match &mut limiter {
                    Some(limiter) => limiter.push(frame),
                    None => Some(frame),
                };
                block.extend(limited.into_iter().flat_map(|frame| ride.push(frame)));
            }
            take(&block)?;
        }
        let Some(mut limiter) = limiter else { return Ok(()) };
        block.clear();
        while limiter.given < self.len() {
            block.extend(limiter.push([0.0; CHANNELS]).into_iter().flat_map(|frame| ride.push(frame)));
        }
        take(&block)
    }
}

/// Gains that change in a straight line from the beginning of one step to that of the next.
struct Ride {
    /// Linear, at the beginning of each step; none where nothing is ridden.
    gains: Vec<f64>,
    /// Samples, of both channels, in a step.
    step: usize,
    /// How many samples of each channel came out.
    given: usize,
}

impl Ride {
    fn push(&mut self, frame: [f64; CHANNELS]) -> [f32; CHANNELS] {
        let frames = self.step / CHANNELS;
        let (step, within) = (self.given / frames, self.given % frames);
        self.given += 1;
        let at = |n: usize| self.gains.get(n).or(self.gains.last()).copied();
        let gain = match (at(step), at(step + 1)) {
            (Some(from), Some(to)) => from + (to - from) * within as f64 / frames as f64,
            _ => 1.0,
        };
        frame.map(|sample| (sample * gain) as f32)
    }
}

/// Looks for the gain with which nothing is missing: what is held down takes a share of each decibel with it.
#[derive(Default)]
struct Search {
    /// The highest gain that was too little, and the lowest that was too much, with what was missing.
    too_little: Option<(f64, f64)>,
    too_much: Option<(f64, f64)>,
    /// The one that came closest, with what was missing.
    best: Option<(Levels, f64)>,
}

impl Search {
    fn tried(&mut self, levels: Levels, missing: f64) {
        if self.best.as_ref().is_none_or(|(_, before)| missing.abs() < before.abs()) {
            self.best = Some((levels, missing));
        }
    }

    fn next(&mut self, gain_db: f64, missing: f64) -> f64 {
        /// How much further than what is missing the next step goes until there is too much: at most twice.
        const FURTHER: f64 = 2.0;
        if missing > 0.0 {
            self.too_little = Some((gain_db, missing));
        } else {
            self.too_much = Some((gain_db, missing));
        }
        let (Some((low, above)), Some((high, below))) = (self.too_little, self.too_much) else {
            return gain_db + missing * FURTHER;
        };
        // Between a straight line and the middle: neither bends of the curve nor its ends keep it long.
        let line = low + (high - low) * above / (above - below);
        (line + f64::midpoint(low, high)) / 2.0
    }
}

struct Measures {
    integrated: f64,
    /// At the end of each step.
    short_term: Vec<f64>,
    peak_db: f64,
}

/// Gains at the beginning of each step with which no three seconds exceed the limit.
fn ride(short_term: &[f64], limit: f64) -> Vec<f64> {
    /// Half a second to either side over which a gain comes and goes: slow enough not to be heard as pumping.
    const SLOW: usize = 5;
    let over: Vec<f64> = short_term.iter().map(|loudness| (limit - loudness).min(0.0)).collect();
    let least = |values: &[f64], before: usize, after: usize, at: usize| {
        let from = at.saturating_sub(before);
        values[from..(at + after + 1).min(values.len())].iter().copied().fold(0.0, f64::min)
    };
    // Step n is heard in the short-term loudness of itself and of those that follow within three seconds; the point at
    // its beginning also rules the step before.
    let wanted: Vec<f64> = (0..over.len()).map(|n| least(&over, 1, SHORT_TERM - 1, n)).collect();
    let held: Vec<f64> = (0..wanted.len()).map(|n| least(&wanted, SLOW, SLOW, n)).collect();
    let mean = |n: usize| {
        let around = &held[n.saturating_sub(SLOW)..(n + SLOW + 1).min(held.len())];
        around.iter().sum::<f64>() / around.len() as f64
    };
    (0..held.len()).map(mean).collect()
}

fn linear(db: f64) -> f64 {
    10_f64.powf(db / 20.0)
}

/// Whole hundredths: the bytes must not hang on the last bit of a sum.
fn rounded(db: f64) -> f64 {
    (db * 100.0).round() / 100.0
}

/// Damaged sound decodes to anything; what is not a number is silence.
fn sane(sample: f32) -> f32 {
    if sample.is_finite() { sample.clamp(-LOUDEST, LOUDEST) } else { 0.0 }
}

/// Holds peaks, also those between samples, below a ceiling. Looks ahead, so that it is down before the peak comes.
struct Limiter {
    ceiling: f64,
    /// Samples that it looks ahead, over which it comes down in a straight line.
    ahead: usize,
    /// How much of the way back to no gain at all is made each sample.
    release: f64,
    /// The newest samples, for the filter between them.
    window: VecDeque<[f64; CHANNELS]>,
    /// Samples that wait for their gain.
    waiting: VecDeque<[f64; CHANNELS]>,
    /// Wanted gains that may be the lowest of those looked ahead at, with their number.
    lowest: VecDeque<(u64, f64)>,
    released: f64,
    mean: VecDeque<f64>,
    sum: f64,
    taken: u64,
    /// How many samples came out.
    given: u64,
}

/// Taps of each of the four phases between two samples (ITU-R BS.1770-4, annex 2).
const TAPS: usize = 12;
const BETWEEN: [[f64; TAPS]; 4] = [
    [
        0.0017089843750,
        0.0109863281250,
        -0.0196533203125,
        0.0332031250000,
        -0.0594482421875,
        0.1373291015625,
        0.9721679687500,
        -0.1022949218750,
        0.0476074218750,
        -0.0266113281250,
        0.0148925781250,
        -0.0083007812500,
    ],
    [
        -0.0291748046875,
        0.0292968750000,
        -0.0517578125000,
        0.0891113281250,
        -0.1665039062500,
        0.4650878906250,
        0.7797851562500,
        -0.2003173828125,
        0.1015625000000,
        -0.0582275390625,
        0.0330810546875,
        -0.0189208984375,
    ],
    [
        -0.0189208984375,
        0.0330810546875,
        -0.0582275390625,
        0.1015625000000,
        -0.2003173828125,
        0.7797851562500,
        0.4650878906250,
        -0.1665039062500,
        0.0891113281250,
        -0.0517578125000,
        0.0292968750000,
        -0.0291748046875,
    ],
    [
        -0.0083007812500,
        0.0148925781250,
        -0.0266113281250,
        0.0476074218750,
        -0.1022949218750,
        0.9721679687500,
        0.1373291015625,
        -0.0594482421875,
        0.0332031250000,
        -0.0196533203125,
        0.0109863281250,
        0.0017089843750,
    ],
];
/// No filter above makes more of its largest sample than this: the sum of its taps without their signs.
const MOST_BETWEEN: f64 = 2.05;

impl Limiter {
    fn new(ceiling: f64, rate: u32) -> Limiter {
        /// Down over 5 ms, which is too slow to be heard as a click; back up with a time constant of 80 ms.
        const AHEAD_S: f64 = 0.005;
        const RELEASE_S: f64 = 0.080;
        let ahead = ((f64::from(rate) * AHEAD_S) as usize).max(1);
        Limiter {
            ceiling,
            ahead,
            release: 1.0 - (-1.0 / (f64::from(rate) * RELEASE_S)).exp(),
            window: VecDeque::from(vec![[0.0; CHANNELS]; TAPS]),
            waiting: VecDeque::new(),
            lowest: VecDeque::new(),
            released: 1.0,
            mean: VecDeque::from(vec![1.0; ahead]),
            sum: ahead as f64,
            taken: 0,
            given: 0,
        }
    }

    /// Takes a sample, and gives one that came before. Whoever is at the end pushes silence until all have come out.
    fn push(&mut self, frame: [f64; CHANNELS]) -> Option<[f64; CHANNELS]> {
        self.window.pop_front();
        self.window.push_back(frame);
        self.waiting.push_back(frame);
        let wanted = (self.ceiling / self.peak().max(self.ceiling)).min(1.0);
        while self.lowest.back().is_some_and(|(_, gain)| *gain >= wanted) {
            self.lowest.pop_back();
        }
        self.lowest.push_back((self.taken, wanted));
        // A peak lies within the filter's window, so it is held for as much longer.
        let oldest = self.taken.saturating_sub((self.ahead + TAPS) as u64);
        while self.lowest.front().is_some_and(|(number, _)| *number < oldest) {
            self.lowest.pop_front();
        }
        let lowest = self.lowest.front().map_or(1.0, |(_, gain)| *gain);
        self.released = lowest.min(self.released + (1.0 - self.released) * self.release);
        let leaving = self.mean.pop_front().unwrap_or(1.0);
        self.mean.push_back(self.released);
        self.sum += self.released - leaving;
        self.taken += 1;
        // The mean over the last steps belongs to a sample that came so many before: it is down when the peak comes.
        if (self.waiting.len() as u64) <= (self.ahead + TAPS / 2) as u64 {
            return None;
        }
        let gain = self.sum / self.ahead as f64;
        let frame = self.waiting.pop_front()?;
        self.given += 1;
        Some(frame.map(|sample| sample * gain))
    }

    /// Highest peak around the middle of the window, between samples too.
    fn peak(&self) -> f64 {
        let samples = self.window.iter().flatten().fold(0.0_f64, |most, sample| most.max(sample.abs()));
        if samples * MOST_BETWEEN <= self.ceiling {
            return samples;
        }
        let of = |channel: usize, taps: &[f64; TAPS]| {
            taps.iter().zip(&self.window).map(|(tap, frame)| tap * frame[channel]).sum::<f64>().abs()
        };
        let between = BETWEEN.iter().flat_map(|taps| (0..CHANNELS).map(move |channel| of(channel, taps)));
        between.fold(0.0, f64::max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: u32 = 48_000;

    /// Stretches of a tone of 997 Hz: seconds, and the level of its peaks.
    fn tone(parts: &[(f64, f64)]) -> Sound {
        let mut samples = Vec::new();
        for (seconds, dbfs) in parts {
            let amplitude = linear(*dbfs);
            for _ in 0..(seconds * f64::from(RATE)) as usize {
                let at = std::f64::consts::TAU * 997.0 * (samples.len() / CHANNELS) as f64 / f64::from(RATE);
                samples.extend([(amplitude * at.sin()) as f32; CHANNELS]);
            }
        }
        Sound { samples, rate: RATE }
    }

    fn levelled(sound: &Sound) -> (Levels, Measures, usize) {
        let levels = sound.levels(HouseFormat::DEFAULT, PEAK_ROOM_DB).expect("sound");
        let mut bytes = Vec::new();
        sound.write(&levels, &mut bytes).expect("memory");
        let out = Sound::read(&mut bytes.as_slice(), RATE, u64::MAX).expect("memory");
        let measures = out.measure(None, Mode::I | Mode::S | Mode::TRUE_PEAK).expect("sound");
        (levels, measures, out.samples.len())
    }

    fn loudest(measures: &Measures) -> f64 {
        measures.short_term.iter().copied().fold(f64::NEG_INFINITY, f64::max)
    }

    #[test]
    fn an_ordinary_clip_gets_one_gain_and_nothing_else() {
        let sound = tone(&[(8.0, -33.0)]);
        let (levels, measures, _) = levelled(&sound);
        assert!(levels.ride_db.is_empty() && levels.ceiling.is_none());
        assert!((measures.integrated + 23.0).abs() <= 0.02, "{}", measures.integrated);
    }

    #[test]
    fn bangs_in_a_quiet_clip_are_held_below_the_ceiling_and_the_rest_is_heard() {
        let bangs: Vec<(f64, f64)> = (0..12).flat_map(|_| [(0.9, -36.0), (0.002, -0.2)]).collect();
        let sound = tone(&bangs);
        let (levels, measures, length) = levelled(&sound);
        assert!(levels.ceiling.is_some());
        assert!((measures.integrated + 23.0).abs() <= 0.1, "{}", measures.integrated);
        assert!(
            measures.peak_db <= HouseFormat::DEFAULT.max_true_peak_dbtp - PEAK_ROOM_DB + 0.1,
            "{}",
            measures.peak_db
        );
        assert_eq!(length, sound.samples.len(), "not a sample is lost or gained");
    }

    #[test]
    fn a_peak_between_two_samples_is_held_too() {
        // A quarter of the sampling rate, an eighth of a turn off: the samples miss the peaks by 3 dB.
        let frames = 0..RATE as usize * 4;
        let at = |n: usize| std::f64::consts::TAU * 0.25 * n as f64 + std::f64::consts::FRAC_PI_4;
        let burst = |n: usize| if n % 48_000 < 24 { 1.3 } else { 0.01 };
        let sound =
            Sound { samples: frames.flat_map(|n| [(burst(n) * at(n).sin()) as f32; CHANNELS]).collect(), rate: RATE };
        let (levels, measures, _) = levelled(&sound);
        assert!(levels.ceiling.is_some());
        assert!(measures.peak_db <= -2.0 + 0.2, "{}", measures.peak_db);
    }

    #[test]
    fn where_three_seconds_would_be_too_loud_they_are_ridden_and_the_whole_is_still_right() {
        let sound = tone(&[(28.0, -24.0), (4.0, -12.0), (28.0, -24.0)]);
        let before = sound.measure(None, Mode::I | Mode::S).expect("sound");
        assert!(loudest(&before) - before.integrated > 5.0, "else there is nothing to ride");
        let (levels, measures, _) = levelled(&sound);
        assert!(!levels.ride_db.is_empty());
        assert!((measures.integrated + 23.0).abs() <= 0.1, "{}", measures.integrated);
        assert!(loudest(&measures) <= -18.0, "{}", loudest(&measures));
    }

    #[test]
    fn a_dead_channel_gets_what_the_living_one_has_and_two_living_ones_are_left_alone() {
        let mut one = tone(&[(2.0, -20.0)]);
        one.samples.chunks_exact_mut(CHANNELS).for_each(|frame| frame[1] = 0.0);
        assert!(one.fold_dead_channel());
        assert!(one.samples.chunks_exact(CHANNELS).all(|frame| frame[0].to_bits() == frame[1].to_bits()));
        assert!(!tone(&[(2.0, -20.0)]).fold_dead_channel());
    }

    #[test]
    fn silence_has_no_level_and_damage_no_say() {
        assert!(tone(&[(2.0, -120.0)]).levels(HouseFormat::DEFAULT, PEAK_ROOM_DB).is_none());
        let bytes: Vec<u8> = [f32::NAN, f32::INFINITY, 1e30, 0.5].iter().flat_map(|s| s.to_le_bytes()).collect();
        let sound = Sound::read(&mut bytes.as_slice(), RATE, u64::MAX).expect("memory");
        assert_eq!(
            sound.samples.iter().map(|s| s.to_bits()).collect::<Vec<_>>(),
            [0.0, 0.0, 100.0, 0.5_f32].map(f32::to_bits)
        );
    }
}
