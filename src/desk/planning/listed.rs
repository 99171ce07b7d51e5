//! Lists of clips from elsewhere beside what is approved here, and a published day for other programs.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{NaiveTime, TimeDelta};

use crate::domain::draft::PlayAt;
use crate::domain::ids::{CaseId, ChannelId, PersonId, Sha256, SubmissionId};
use crate::domain::playlist::Playlist;
use crate::domain::text::Text;
use crate::domain::time::{BroadcastDate, FrameRate, Instant, TimeOfDay};
use crate::files::interchange::ListedClip;
use crate::files::{fill_index, playlist_file};
use crate::store::{AssetRow, Scope};

use super::draft::Rearranged;
use super::{Desk, PlanError};

/// What a listed clip is to us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// One of ours.
    Ours {
        /// What told so.
        by: KnownBy,
        /// Whether it may air now.
        approval: Approval,
        /// The clip.
        sha256: Sha256,
        /// Our title of it.
        title: String,
        /// Whose it is.
        owner: String,
        /// Where it may air.
        channel: ChannelId,
        /// The request behind it.
        case: CaseId,
    },
    /// Of the evergreen pool.
    Evergreen,
    /// Nothing that was approved here; `same_title`: something of ours is called so, but its length is another or unsaid.
    Unknown {
        /// Whether a title of ours reads the same.
        same_title: bool,
    },
}

/// What makes a listed clip one of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum KnownBy {
    /// The hash of its bytes, which is the name of its file.
    Hash,
    /// The very title, and the length within a frame.
    TitleAndLength,
}

/// How an approval stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Approval {
    /// In force.
    InForce,
    /// Its period is still to come.
    NotYet,
    /// Its period is over.
    Over,
    /// It was withdrawn.
    Withdrawn,
}

impl Approval {
    fn of(row: &AssetRow, now: Instant) -> Approval {
        match row.asset.validity {
            _ if row.revoked => Approval::Withdrawn,
            period if now < period.start() => Approval::NotYet,
            period if now >= period.end() => Approval::Over,
            _ => Approval::InForce,
        }
    }
}

impl Standing {
    /// Its name for scripts.
    pub fn code(&self) -> &'static str {
        match self {
            Standing::Ours { approval: Approval::InForce, .. } => "approved",
            Standing::Ours { approval: Approval::NotYet, .. } => "not_yet",
            Standing::Ours { approval: Approval::Over, .. } => "expired",
            Standing::Ours { approval: Approval::Withdrawn, .. } => "withdrawn",
            Standing::Evergreen => "evergreen",
            Standing::Unknown { .. } => "unknown",
        }
    }

    /// What it means, and what to do.
    pub fn text(&self) -> Text {
        match self {
            Standing::Ours { approval: Approval::InForce, .. } => {
                Text::new("disetujui dan boleh tayang", "approved and may air")
            }
            Standing::Ours { approval: Approval::NotYet, .. } => Text::new(
                "disetujui, tetapi masa tayangnya belum mulai; jadwalkan di dalam masa itu",
                "approved, but its period has not begun; plan it within that period",
            ),
            Standing::Ours { approval: Approval::Over, .. } => Text::new(
                "masa tayangnya sudah lewat; minta perangkat daerahnya mengajukan masa tayang baru",
                "its period is over; ask its office to request a new period",
            ),
            Standing::Ours { approval: Approval::Withdrawn, .. } => Text::new(
                "persetujuannya dicabut; tidak boleh tayang, ajukan permohonan baru bila perlu",
                "its approval was withdrawn; it may not air, send a new request if it is needed",
            ),
            Standing::Evergreen => Text::new(
                "stok video, yang mengisi jeda dengan sendirinya",
                "of the evergreen pool, which fills pauses by itself",
            ),
            Standing::Unknown { same_title: true } => Text::new(
                "judulnya kami kenal, tetapi durasinya lain atau tidak tertulis; tulis durasinya di daftar, atau ajukan \
                 videonya sebagai permohonan",
                "we know the title, but the length differs or is not written; write the length into the list, or send \
                 the video as a request",
            ),
            Standing::Unknown { same_title: false } => Text::new(
                "belum pernah disetujui di sini; ajukan videonya sebagai permohonan",
                "never approved here; send the video as a request",
            ),
        }
    }
}

/// A list from elsewhere beside a day's plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedDay {
    /// Its clips, in its order.
    pub rows: Vec<ListedRow>,
    /// Those that have a time and may air.
    pub plays: Vec<PlayAt>,
    /// What the plan would be.
    pub would: Rearranged,
    /// The version of the draft that is open.
    pub version: Option<u32>,
}

/// One clip of such a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedRow {
    /// As the list has it.
    pub clip: ListedClip,
    /// What it is to us.
    pub standing: Standing,
    /// When it would air, or why it can't; `None` where the list has no time or it may not air.
    pub placed: Option<Result<Instant, Vec<Text>>>,
}

impl Desk {
    /// What each clip of a list is to us; of one channel, or of all. No file is opened.
    ///
    /// # Errors
    /// [`PlanError`], when there is no such channel or rows can't be read.
    pub fn recognise(&self, channel: Option<&ChannelId>, listed: &[ListedClip]) -> Result<Vec<Standing>, PlanError> {
        self.recognise_at(channel, listed, self.now())
    }

    fn recognise_at(
        &self,
        channel: Option<&ChannelId>,
        listed: &[ListedClip],
        now: Instant,
    ) -> Result<Vec<Standing>, PlanError> {
        if let Some(channel) = channel {
            self.planned_channel(channel)?;
        }
        let mut rows = self.store.read(|r| r.assets(Scope::All))?;
        rows.retain(|row| channel.is_none_or(|channel| row.channel == *channel));
        let rate = |id: &ChannelId| self.config.channels.get(id).map_or(FrameRate::PAL, |c| c.channel.house.rate);
        // What may air comes first; among equals the newest, which is the last row.
        rows.sort_by_key(|row| (Approval::of(row, now), std::cmp::Reverse(row.asset.id)));
        let ours = Ours::of(&rows);
        let pool: BTreeSet<Sha256> = fill_index::read(self.home())?.iter().map(|clip| clip.sha256).collect();
        let standing = |clip: &ListedClip| match ours.standing(clip, rate, now) {
            Standing::Unknown { .. } if named_hash(&clip.location).is_some_and(|hash| pool.contains(&hash)) => {
                Standing::Evergreen
            }
            standing => standing,
        };
        Ok(listed.iter().map(standing).collect())
    }

    /// What a list from elsewhere is to a day: which of it may air then, and what the day's plan would be with the plays
    /// that it has times for. A list without any times airs one clip after the other from `first` on, if that is given.
    /// Nothing is changed.
    ///
    /// # Errors
    /// [`PlanError`], when there is no such channel, or plan or rows can't be read.
    pub fn list_on_day(
        &self,
        by: PersonId,
        channel: &ChannelId,
        date: BroadcastDate,
        mut listed: Vec<ListedClip>,
        first: Option<TimeOfDay>,
    ) -> Result<ListedDay, PlanError> {
        self.only_scheduler(by)?;
        let of = &self.planned_channel(channel)?.channel;
        if let Some(first) = first.filter(|_| listed.iter().all(|clip| clip.start_ms.is_none())) {
            one_after_the_other(&mut listed, first);
        }
        let opens = of.open_span(date).start().max(self.now());
        let standings = self.recognise_at(Some(channel), &listed, opens)?;
        let titled = self.store.read(|r| r.titled(channel))?;
        let request: BTreeMap<CaseId, SubmissionId> =
            titled.iter().map(|titled| (titled.row.case, titled.submission.id)).collect();
        let play = |clip: &ListedClip, standing: &Standing| {
            let Standing::Ours { approval: Approval::InForce, case, .. } = standing else { return None };
            let clock = date.0.and_time(NaiveTime::MIN) + TimeDelta::milliseconds(i64::try_from(clip.start_ms?).ok()?);
            Some(PlayAt { start: of.zone.resolve_local(clock), submission: *request.get(case)? })
        };
        let wanted: Vec<Option<PlayAt>> = listed.iter().zip(&standings).map(|(c, s)| play(c, s)).collect();
        let plays: Vec<PlayAt> = wanted.iter().flatten().copied().collect();
        let (would, version) = self.try_list(by, channel, date, &plays)?;
        let mut placed = would.placed.iter();
        let rows = listed.into_iter().zip(standings).zip(wanted).map(|((clip, standing), wanted)| {
            let placed = wanted.and_then(|_| placed.next().cloned());
            ListedRow { clip, standing, placed }
        });
        Ok(ListedDay { rows: rows.collect(), plays, would, version })
    }

    /// A published revision as it is, the newest if none is named; `None` if there is no such.
    ///
    /// # Errors
    /// [`PlanError`], when there is no such channel, or rows or revisions can't be read.
    pub fn published_revision(
        &self,
        channel: &ChannelId,
        date: BroadcastDate,
        revision: Option<u32>,
    ) -> Result<Option<Playlist>, PlanError> {
        self.planned_channel(channel)?;
        let rows = self.store.read(|r| r.revisions(channel, date, date))?;
        let wanted = revision.or_else(|| rows.last().map(|row| row.revision));
        let Some(row) = rows.iter().find(|row| Some(row.revision) == wanted) else { return Ok(None) };
        Ok(Some(playlist_file::read(&playlist_file::path(self.home(), channel, date, row.revision))?))
    }
}

/// Gives each clip the time at which the one before it ends, as far as lengths are known.
fn one_after_the_other(listed: &mut [ListedClip], first: TimeOfDay) {
    let mut at = Some(u64::from(first.seconds()) * 1000);
    for clip in listed {
        clip.start_ms = at;
        at = at.zip(clip.length_ms).map(|(at, length)| at + length);
    }
}

/// Titles in order of preference, by what a list may know of them.
struct Ours<'a> {
    by_hash: BTreeMap<Sha256, &'a AssetRow>,
    by_title: BTreeMap<&'a str, Vec<&'a AssetRow>>,
}

impl<'a> Ours<'a> {
    fn of(rows: &'a [AssetRow]) -> Ours<'a> {
        let mut ours = Ours { by_hash: BTreeMap::new(), by_title: BTreeMap::new() };
        for row in rows {
            ours.by_hash.entry(row.asset.clip.sha256).or_insert(row);
            ours.by_title.entry(row.asset.title.trim()).or_default().push(row);
        }
        ours
    }

    fn standing(&self, clip: &ListedClip, rate: impl Fn(&ChannelId) -> FrameRate, now: Instant) -> Standing {
        let ours = |row: &AssetRow, by| Standing::Ours {
            by,
            approval: Approval::of(row, now),
            sha256: row.asset.clip.sha256,
            title: row.asset.title.clone(),
            owner: row.owner_name.clone(),
            channel: row.channel.clone(),
            case: row.case,
        };
        if let Some(row) = named_hash(&clip.location).and_then(|hash| self.by_hash.get(&hash)) {
            return ours(row, KnownBy::Hash);
        }
        let same = self.by_title.get(clip.title.trim()).map(Vec::as_slice).unwrap_or_default();
        let fits = |row: &&&AssetRow| {
            let rate = rate(&row.channel);
            let (frames, frame_ms) = (row.asset.clip.frames, rate.millis(1));
            clip.length_ms.is_some_and(|ms| ms.abs_diff(rate.millis(frames)) <= frame_ms)
        };
        match same.iter().find(fits) {
            Some(row) => ours(row, KnownBy::TitleAndLength),
            None => Standing::Unknown { same_title: !same.is_empty() },
        }
    }
}

/// The hash that a house file's name is, wherever the list says that it lies.
fn named_hash(location: &str) -> Option<Sha256> {
    let name = location.rsplit(['/', '\\']).next()?;
    name.split('.').next()?.to_ascii_lowercase().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::asset::{Asset, AssetKind, Clip};
    use crate::domain::ids::{ApprovalId, AssetId, OpdId};
    use crate::domain::playlist::Nature;
    use crate::domain::time::Span;
    use crate::files::interchange::{ListFormat, read};

    fn at(text: &str) -> Instant {
        text.parse().expect("an instant")
    }

    fn title(id: i64, title: &str, frames: u64, until: &str) -> AssetRow {
        let clip = Clip { sha256: Sha256([id as u8; 32]), original: Sha256([9; 32]), frames, nature: Nature::FILM };
        AssetRow {
            asset: Asset {
                id: AssetId(id),
                title: title.into(),
                owner: OpdId(1),
                kind: AssetKind::Spot,
                validity: Span::new(at("2026-11-01T00:00:00Z"), at(until)).expect("a period"),
                clip,
            },
            owner_name: "Dinas Kesehatan".into(),
            channel: "videotron".parse().expect("a channel"),
            approval: Some(ApprovalId(id)),
            revoked: false,
            case: CaseId(id),
        }
    }

    #[test]
    fn a_list_from_elsewhere_says_which_clips_are_approved_ours_and_which_must_be_requested() {
        let now = at("2026-11-22T00:00:00Z");
        let mut rows = vec![
            title(1, "Imunisasi", 375, "2026-12-01T00:00:00Z"),
            title(2, "Pajak", 750, "2026-11-20T00:00:00Z"),
            title(3, "Donor darah", 250, "2026-12-01T00:00:00Z"),
        ];
        rows[2].revoked = true;
        let ours = Ours::of(&rows);
        let hash = Sha256([1; 32]).to_string().to_uppercase();
        let list = format!(
            "#EXTM3U\r\nC:\\Video\\{hash}.mp4\r\n#EXTINF:15.04,Imunisasi\r\na.mp4\r\n#EXTINF:15.1,Imunisasi\r\nb.mp4\r\n\
             #EXTINF:-1,Imunisasi\r\nc.mp4\r\n#EXTINF:30,Pajak\r\nd.mp4\r\n#EXTINF:10,Donor darah\r\ne.mp4\r\n\
             #EXTINF:15,imunisasi\r\nf.mp4\r\n"
        );
        let listed = read(list.as_bytes(), ListFormat::M3u8).expect("a list");
        let told: Vec<_> = listed.iter().map(|clip| ours.standing(clip, |_| FrameRate::PAL, now)).collect();
        let codes: Vec<_> = told.iter().map(Standing::code).collect();
        assert_eq!(codes, ["approved", "approved", "unknown", "unknown", "expired", "withdrawn", "unknown"]);
        assert!(matches!(told[0], Standing::Ours { by: KnownBy::Hash, .. }));
        assert!(matches!(told[1], Standing::Ours { by: KnownBy::TitleAndLength, .. }));
        assert!(told[2].text().en.contains("the length differs"), "{}", told[2].text().en);
        assert_eq!(told[6].text().en, "never approved here; send the video as a request");
    }
}
