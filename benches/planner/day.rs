//! A day's instance, and what a plan of it is worth.

use std::path::Path;

use serde::Deserialize;

/// A play: index of the clip, first second.
pub type Play = (usize, i64);

#[derive(Deserialize)]
pub struct Instance {
    pub name: String,
    pub open: i64,
    pub close: i64,
    pub fixed: Vec<Fixed>,
    pub clips: Vec<Clip>,
    #[serde(default)]
    pub agency_sep: i64,
    pub agencies: usize,
}

#[derive(Deserialize)]
pub struct Fixed {
    pub start: i64,
    pub dur: i64,
}

#[derive(Deserialize)]
pub struct Clip {
    pub dur: i64,
    pub agency: usize,
    pub prio: u8,
    pub min: u32,
    pub win: Vec<(i64, i64)>,
    pub req: usize,
    pub sep: i64,
}

/// What a plan is worth.
pub struct Judged {
    pub violations: usize,
    pub booked: i64,
    /// Jain's index of the offices' airtime over their fair levels.
    pub jain: Option<f64>,
    /// Mean over plays of the coefficient of variation of their clip's gaps, in free time of its windows.
    pub spread: f64,
}

impl Instance {
    pub fn read(path: &Path) -> Option<Instance> {
        serde_json::from_str(&std::fs::read_to_string(path).ok()?).ok()
    }

    /// Hours minus fixed events.
    pub fn free(&self) -> Vec<(i64, i64)> {
        let mut fixed: Vec<_> = self.fixed.iter().map(|f| (f.start, f.start + f.dur)).collect();
        fixed.sort_unstable();
        let (mut free, mut from) = (Vec::new(), self.open);
        for (start, end) in fixed {
            if start > from {
                free.push((from, start));
            }
            from = from.max(end);
        }
        free.push((from, self.close));
        free.retain(|(start, end)| end > start);
        free
    }

    /// What nobody can book more than.
    pub fn bound(&self) -> f64 {
        let free: i64 = self.free().iter().map(|(start, end)| end - start).sum();
        let asked: i64 = self.clips.iter().map(|clip| clip.dur * clip.req as i64).sum();
        free.min(asked) as f64
    }

    pub fn judge(&self, plays: &[Play], fair: Option<&[f64]>) -> Judged {
        let mut by_clip = vec![Vec::new(); self.clips.len()];
        let mut airtime = vec![0; self.agencies];
        for &(clip, start) in plays {
            by_clip[clip].push(start);
            airtime[self.clips[clip].agency] += self.clips[clip].dur;
        }
        by_clip.iter_mut().for_each(|starts| starts.sort_unstable());
        let jain = fair.map(|fair| {
            let shares: Vec<f64> =
                airtime.iter().zip(fair).filter(|(_, fair)| **fair > 0.0).map(|(a, f)| *a as f64 / f).collect();
            let (sum, squares) = (shares.iter().sum::<f64>(), shares.iter().map(|s| s * s).sum::<f64>());
            sum * sum / (shares.len() as f64 * squares)
        });
        Judged {
            violations: self.violations(plays, &by_clip),
            booked: airtime.iter().sum(),
            jain,
            spread: self.spread(&by_clip),
        }
    }

    fn violations(&self, plays: &[Play], by_clip: &[Vec<i64>]) -> usize {
        let mut spans: Vec<(i64, i64, usize)> = plays.iter().map(|&(c, at)| (at, at + self.clips[c].dur, c)).collect();
        spans.sort_unstable();
        let free = self.free();
        let inside = |at: i64, end: i64, of: &[(i64, i64)]| of.iter().any(|(s, e)| *s <= at && end <= *e);
        let overlaps = spans.windows(2).filter(|w| w[0].1 > w[1].0).count();
        let outside =
            spans.iter().filter(|(at, end, c)| !inside(*at, *end, &free) || !inside(*at, *end, &self.clips[*c].win));
        let mut office_free = vec![i64::MIN; self.agencies];
        let crowded = spans.iter().filter(|(at, end, c)| {
            let ready = std::mem::replace(&mut office_free[self.clips[*c].agency], end + self.agency_sep);
            self.agency_sep > 0 && *at < ready
        });
        let near = |(clip, starts): (&Clip, &Vec<i64>)| {
            starts.windows(2).filter(|w| w[1] - w[0] < clip.sep).count() + starts.len().saturating_sub(clip.req)
        };
        let (outside, crowded) = (outside.count(), crowded.count());
        overlaps + outside + crowded + self.clips.iter().zip(by_clip).map(near).sum::<usize>()
    }

    fn spread(&self, by_clip: &[Vec<i64>]) -> f64 {
        let free = self.free();
        let (mut sum, mut plays) = (0.0, 0.0);
        for (clip, starts) in self.clips.iter().zip(by_clip).filter(|(_, starts)| starts.len() > 1) {
            let room: Vec<(i64, i64)> = free
                .iter()
                .flat_map(|f| clip.win.iter().map(|w| (f.0.max(w.0), f.1.min(w.1))))
                .filter(|(start, end)| end > start)
                .collect();
            let whole: i64 = room.iter().map(|(start, end)| end - start).sum();
            let clock = |at: i64| -> i64 { room.iter().map(|(s, e)| ((*e).min(at) - s).max(0)).sum() };
            let mut gaps: Vec<i64> = starts.windows(2).map(|w| clock(w[1]) - clock(w[0])).collect();
            gaps.push(whole - clock(starts[starts.len() - 1]) + clock(starts[0]));
            let (count, mean) = (starts.len() as f64, whole as f64 / starts.len() as f64);
            let variance = gaps.iter().map(|gap| (*gap as f64 - mean).powi(2)).sum::<f64>() / count;
            sum += count * variance.sqrt() / mean;
            plays += count;
        }
        if plays > 0.0 { sum / plays } else { 0.0 }
    }
}
