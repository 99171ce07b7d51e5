//! When each picture is shown, as ffmpeg's `framecrc` lists it while it decodes.

use std::io::{self, BufRead, BufReader, Read};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::MOST_FRAMES;

/// Ticks per second in which picture times are asked for (the clock of MPEG systems).
pub(super) const TIME_BASE: i64 = 90_000;
/// How long a picture is waited with for its time. It is written before the picture; a decoder that breaks the order
/// costs this once.
const WAIT: Duration = Duration::from_secs(2);

/// The list, written by one thread while another looks at the pictures.
#[derive(Default)]
pub(super) struct Times {
    listed: Mutex<Listed>,
    news: Condvar,
}

#[derive(Default)]
struct Listed {
    starts: Vec<i64>,
    last_length: i64,
    /// Bytes of a strip of the first picture, which tell its size.
    first_strip: Option<u64>,
    size_changes: bool,
    ended: bool,
}

impl Times {
    fn listed(&self) -> MutexGuard<'_, Listed> {
        self.listed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the list to its end; `reached_ms` follows it.
    pub(super) fn read(&self, from: &mut dyn Read, reached_ms: &AtomicU64) -> io::Result<bool> {
        let mut go_on = true;
        for line in BufReader::new(from).lines() {
            let Ok(line) = line else { break };
            let mut fields = line.split(',').map(str::trim);
            let (Some("0"), Some(_), Some(start), Some(length), Some(bytes)) =
                (fields.next(), fields.next(), fields.next(), fields.next(), fields.next())
            else {
                continue; // a heading
            };
            let (Ok(start), Ok(length), Ok(bytes)) = (start.parse::<i64>(), length.parse(), bytes.parse()) else {
                continue;
            };
            let mut listed = self.listed();
            listed.starts.push(start);
            listed.last_length = length;
            listed.size_changes |= *listed.first_strip.get_or_insert(bytes) != bytes;
            let since_first = start.saturating_sub(listed.starts.first().copied().unwrap_or(start));
            reached_ms.store(u64::try_from(since_first / (TIME_BASE / 1000)).unwrap_or(0), Ordering::Relaxed);
            let enough = listed.starts.len() as u64 > MOST_FRAMES;
            drop(listed);
            self.news.notify_all();
            if enough {
                go_on = false;
                break;
            }
        }
        self.listed().ended = true;
        self.news.notify_all();
        Ok(go_on)
    }

    /// Start of a picture; `None` if the list does not have it.
    fn start(&self, number: usize, wait: bool) -> Option<i64> {
        let mut listed = self.listed();
        if wait && listed.starts.len() <= number && !listed.ended {
            let missing = |listed: &mut Listed| listed.starts.len() <= number && !listed.ended;
            let waited = self.news.wait_timeout_while(listed, WAIT, missing);
            listed = waited.map_or_else(|poisoned| poisoned.into_inner().0, |(listed, _)| listed);
        }
        listed.starts.get(number).copied()
    }

    /// Start of the first picture.
    pub(super) fn first(&self) -> Option<i64> {
        self.listed().starts.first().copied()
    }

    /// Whether the picture changes its size on the way.
    pub(super) fn size_changes(&self) -> bool {
        self.listed().size_changes
    }
}

/// Times of pictures by their number: they only go forward, from zero.
pub(super) struct FrameClock<'a> {
    times: &'a Times,
    nominal_ms: f64,
    first: Option<i64>,
    may_wait: bool,
    starts_ms: Vec<f64>,
}

/// How long the pictures last.
pub(super) struct Lasting {
    pub(super) end_ms: u64,
    /// Whether pictures follow each other at one rate.
    pub(super) steady: bool,
}

impl<'a> FrameClock<'a> {
    pub(super) fn new(times: &'a Times, nominal_ms: f64) -> FrameClock<'a> {
        FrameClock { times, nominal_ms, first: None, may_wait: true, starts_ms: Vec::new() }
    }

    /// The next picture; returns when it is shown.
    pub(super) fn next(&mut self) -> u64 {
        let start = self.times.start(self.starts_ms.len(), self.may_wait);
        self.may_wait &= start.is_some();
        let latest = self.starts_ms.last().copied();
        let at_ms = match (start, latest) {
            (Some(start), latest) => {
                let first = *self.first.get_or_insert(start);
                latest.unwrap_or(0.0).max(to_ms(start.saturating_sub(first)))
            }
            (None, Some(latest)) => latest + self.nominal_ms,
            (None, None) => 0.0,
        };
        self.starts_ms.push(at_ms);
        at_ms.round() as u64
    }

    /// Ends the count.
    pub(super) fn finish(&self) -> Lasting {
        /// Containers round times to a millisecond.
        const ROUNDING_MS: f64 = 2.0;
        let starts = &self.starts_ms;
        let steps = starts.windows(2).map(|pair| pair[1] - pair[0]);
        let shortest = steps.clone().fold(f64::INFINITY, f64::min);
        let longest = steps.fold(0.0, f64::max);
        let steady = starts.len() < 2 || longest - shortest <= ROUNDING_MS;
        let latest = starts.last().copied().unwrap_or(0.0);
        let claimed_length = to_ms(self.times.listed().last_length);
        // The last picture lasts as long as it says, if that is no longer than any other; else as an ordinary one.
        let usual = if starts.len() < 2 { self.nominal_ms } else { latest / (starts.len() - 1) as f64 };
        let length = if claimed_length > 0.0 && claimed_length <= longest.max(usual) { claimed_length } else { usual };
        let end_ms = if starts.is_empty() { 0.0 } else { latest + length };
        Lasting { end_ms: end_ms.round() as u64, steady }
    }

    /// When picture `number` began; one past the last is when the last one ends.
    pub(super) fn at_ms(&self, number: u64, lasting: &Lasting) -> u64 {
        let at = usize::try_from(number).ok().and_then(|n| self.starts_ms.get(n));
        at.map_or(lasting.end_ms, |at| at.round() as u64)
    }
}

fn to_ms(ticks: i64) -> f64 {
    ticks as f64 * 1000.0 / TIME_BASE as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(starts: &[i64], last_length: i64) -> Times {
        let listed = Listed { starts: starts.to_vec(), last_length, ended: true, ..Listed::default() };
        Times { listed: Mutex::new(listed), news: Condvar::new() }
    }

    fn shown(times: &Times, pictures: u64) -> (Vec<u64>, bool) {
        let mut clock = FrameClock::new(times, 40.0);
        for _ in 0..pictures {
            clock.next();
        }
        let lasting = clock.finish();
        ((0..=pictures).map(|number| clock.at_ms(number, &lasting)).collect(), lasting.steady)
    }

    #[test]
    fn a_clip_lasts_as_long_as_its_pictures_whatever_the_first_time_is() {
        let times = times(&[900_000, 903_600, 907_200], 3600);
        assert_eq!(shown(&times, 3), (vec![0, 40, 80, 120], true));
    }

    #[test]
    fn times_that_jump_back_or_are_missing_still_go_forward() {
        let (shown, steady) = shown(&times(&[0, 9000, 1800], i64::MAX / 2), 5);
        assert!(shown.windows(2).all(|pair| pair[0] <= pair[1]), "{shown:?}");
        assert!(!steady && shown[5] < 1000, "{shown:?}");
    }

    #[test]
    fn a_picture_that_comes_before_its_time_is_waited_with() {
        let times = Times::default();
        std::thread::scope(|scope| {
            let looking = scope.spawn(|| FrameClock::new(&times, 40.0).next());
            let list = b"#tb 0: 1/90000\n0,  0,  0,  3600,  64, 0x1\n0,  3600,  3600,  3600,  80, 0x1\n";
            times.read(&mut &list[..], &AtomicU64::new(0)).unwrap();
            assert_eq!(looking.join().unwrap(), 0);
        });
        assert!(times.size_changes());
    }
}
