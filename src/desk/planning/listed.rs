//! Lists of clips from elsewhere beside what is approved here, and a published day for other programs.

use std::collections::BTreeMap;

use crate::domain::ids::{CaseId, ChannelId, Sha256};
use crate::domain::playlist::Playlist;
use crate::domain::text::Text;
use crate::domain::time::{BroadcastDate, FrameRate, Instant};
use crate::files::interchange::ListedClip;
use crate::files::playlist_file;
use crate::store::{AssetRow, Scope};

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

impl Desk {
    /// What each clip of a list is to us; of one channel, or of all. No file is opened.
    ///
    /// # Errors
    /// [`PlanError`], when there is no such channel or rows can't be read.
    pub fn recognise(&self, channel: Option<&ChannelId>, listed: &[ListedClip]) -> Result<Vec<Standing>, PlanError> {
        if let Some(channel) = channel {
            self.planned_channel(channel)?;
        }
        let mut rows = self.store.read(|r| r.assets(Scope::All))?;
        rows.retain(|row| channel.is_none_or(|channel| row.channel == *channel));
        let rate = |id: &ChannelId| self.config.channels.get(id).map_or(FrameRate::PAL, |c| c.channel.house.rate);
        let now = self.now();
        // What may air comes first; among equals the newest, which is the last row.
        rows.sort_by_key(|row| (Approval::of(row, now), std::cmp::Reverse(row.asset.id)));
        let ours = Ours::of(&rows);
        Ok(listed.iter().map(|clip| ours.standing(clip, rate, now)).collect())
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
            approval: ApprovalId(id),
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
