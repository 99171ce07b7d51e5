//! House files, and the titles that can be planned with them.

use rusqlite::{OptionalExtension, Row, params};

use super::row::{count, hash, instant, int, maybe_instant, ms, word};
use super::{Reader, Scope, StoreError, Tx, submissions};
use crate::domain::asset::{Asset, AssetKind, Clip};
use crate::domain::ids::{ApprovalId, AssetId, CaseId, ChannelId, OpdId, Sha256, SubmissionId};
use crate::domain::playlist::Nature;
use crate::domain::submission::Submission;
use crate::domain::time::{Instant, Span};

/// A house file as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct ClipRow {
    /// The clip.
    pub clip: Clip,
    /// How it was made.
    pub recipe: Sha256,
    /// For which channel's house format.
    pub channel: ChannelId,
    /// Size of the house file.
    pub bytes: u64,
    /// Loudness of the house file, LUFS; `None`: silent.
    pub integrated_lufs: Option<f64>,
    /// When it was made.
    pub made_at: Instant,
}

/// A title with what stands behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssetRow {
    /// The title.
    pub asset: Asset,
    /// The owner's name.
    pub owner_name: String,
    /// Where it may air.
    pub channel: ChannelId,
    /// By whose word; `None`: by an oral one.
    pub approval: Option<ApprovalId>,
    /// Whether that word was withdrawn.
    pub revoked: bool,
    /// The request that it fulfils.
    pub case: CaseId,
}

/// A title with the request behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Titled {
    /// The title.
    pub row: AssetRow,
    /// What was asked for.
    pub submission: Submission,
    /// When the approval was withdrawn, if it was.
    pub revoked_at: Option<Instant>,
    /// Whether it stands on a word that was given orally: then it airs where it is ordered, and nowhere else.
    pub oral: Option<OnOral>,
}

/// How far a title is that stands on an oral approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnOral {
    /// The paper has not come; the title's validity is that of the oral word.
    Waits,
    /// It came, and the technical team has not passed the clip on yet.
    Confirmed,
}

/// A title to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAsset {
    /// For people.
    pub title: String,
    /// Whose.
    pub owner: OpdId,
    /// What it is.
    pub kind: AssetKind,
    /// Where it may air.
    pub channel: ChannelId,
    /// By whose word.
    pub approval: ApprovalId,
    /// What airs.
    pub clip: Sha256,
}

const CLIP_COLUMNS: &str = "sha256, original_sha256, recipe_sha256, channel, frames, has_sound, bytes, \
                            integrated_lufs, made_at_ms, still";
const ASSET_COLUMNS: &str = "t.id, t.title, t.office_id, t.kind, a.valid_from_ms, a.valid_until_ms, l.sha256, \
                             l.original_sha256, l.frames, l.has_sound, o.name, t.channel, a.id, \
                             a.revoked_at_ms is not null, a.case_id, l.still";
const ASSET_FROM: &str = "from assets t join approvals a on a.id = t.approval_id \
                          join clips l on l.sha256 = t.clip_sha256 join offices o on o.id = t.office_id";

fn read_clip(row: &Row<'_>) -> rusqlite::Result<ClipRow> {
    Ok(ClipRow {
        clip: Clip {
            sha256: hash(row, 0)?,
            original: hash(row, 1)?,
            frames: count(row, 4)?,
            nature: Nature { has_sound: row.get(5)?, still: row.get(9)? },
        },
        recipe: hash(row, 2)?,
        channel: word(row, 3)?,
        bytes: count(row, 6)?,
        integrated_lufs: row.get(7)?,
        made_at: instant(row, 8)?,
    })
}

fn read_asset(row: &Row<'_>) -> rusqlite::Result<AssetRow> {
    let (from, until) = (instant(row, 4)?, instant(row, 5)?);
    Ok(AssetRow {
        asset: Asset {
            id: AssetId(row.get(0)?),
            title: row.get(1)?,
            owner: OpdId(row.get(2)?),
            kind: match row.get_ref(3)?.as_str()? {
                "filler" => AssetKind::Filler,
                _ => AssetKind::Spot,
            },
            validity: Span::new(from, until)
                .ok_or(rusqlite::Error::IntegralValueOutOfRange(5, until.timestamp_millis()))?,
            clip: Clip {
                sha256: hash(row, 6)?,
                original: hash(row, 7)?,
                frames: count(row, 8)?,
                nature: Nature { has_sound: row.get(9)?, still: row.get(15)? },
            },
        },
        owner_name: row.get(10)?,
        channel: word(row, 11)?,
        approval: row.get::<_, Option<i64>>(12)?.map(ApprovalId),
        revoked: row.get(13)?,
        case: CaseId(row.get(14)?),
    })
}

fn titled_where(which: &str) -> String {
    format!(
        "select {ASSET_COLUMNS}, a.revoked_at_ms, {} {ASSET_FROM} join submissions s on s.id = a.submission_id \
         join cases c on c.id = s.case_id where {which} order by t.id",
        submissions::COLUMNS
    )
}

fn read_titled(row: &Row<'_>) -> rusqlite::Result<Titled> {
    Ok(Titled {
        row: read_asset(row)?,
        revoked_at: maybe_instant(row, 16)?,
        submission: submissions::read_from(row, 17)?,
        oral: None,
    })
}

/// Clips that stand on an oral approval while no title was made by the paper. Titles have numbers of their own, these
/// the negative ones of their words, so that no two are the same.
fn on_oral_where(which: &str) -> String {
    format!(
        "select -o.id, s.title, c.office_id, 'spot', coalesce(a.valid_from_ms, o.entered_at_ms), \
         coalesce(a.valid_until_ms, o.until_ms), l.sha256, l.original_sha256, l.frames, l.has_sound, f.name, o.channel, \
         a.id, {ENDED} is not null, o.case_id, l.still, {ENDED}, {} \
         from oral_approvals o join submissions s on s.id = o.submission_id join cases c on c.id = s.case_id \
         join clip_recipes w on w.original_sha256 = o.original_sha256 and w.recipe_sha256 = o.recipe_sha256 \
         and w.channel = o.channel join clips l on l.sha256 = w.clip_sha256 join offices f on f.id = c.office_id \
         left join approvals a on a.id = o.approval_id where {which} and not exists (select 1 from assets t \
         join approvals p on p.id = t.approval_id where p.submission_id = s.id) order by o.id",
        submissions::COLUMNS
    )
}

/// Since when a clip may not air on its oral word: that of the paper which confirmed it, or its own end.
const ENDED: &str = "case when a.id is null then o.ended_at_ms else a.revoked_at_ms end";

fn read_on_oral(row: &Row<'_>) -> rusqlite::Result<Titled> {
    let titled = read_titled(row)?;
    let oral = if titled.row.approval.is_some() { OnOral::Confirmed } else { OnOral::Waits };
    Ok(Titled { oral: Some(oral), ..titled })
}

impl Reader<'_> {
    /// A house file by its hash.
    ///
    /// # Errors
    /// When the database would not.
    pub fn clip(&self, sha256: Sha256) -> Result<Option<ClipRow>, StoreError> {
        let sql = format!("select {CLIP_COLUMNS} from clips where sha256 = ?");
        let mut statement = self.connection.prepare_cached(&sql)?;
        Ok(statement.query_row(params![sha256.0], read_clip).optional()?)
    }

    /// The house file that a recipe made of an original for a channel.
    ///
    /// # Errors
    /// When the database would not.
    pub fn clip_made(
        &self,
        original: Sha256,
        recipe: Sha256,
        channel: &ChannelId,
    ) -> Result<Option<ClipRow>, StoreError> {
        let sql =
            "select clip_sha256 from clip_recipes where original_sha256 = ? and recipe_sha256 = ? and channel = ?";
        let mut statement = self.connection.prepare_cached(sql)?;
        let asked = params![original.0, recipe.0, channel.as_str()];
        let Some(clip) = statement.query_row(asked, |row| hash(row, 0)).optional()? else { return Ok(None) };
        // The row of the file says how it was made first.
        Ok(self.clip(clip)?.map(|row| ClipRow { recipe, channel: channel.clone(), ..row }))
    }

    /// Every house file.
    ///
    /// # Errors
    /// When the database would not.
    pub fn clips(&self) -> Result<Vec<ClipRow>, StoreError> {
        let mut statement = self.connection.prepare_cached(&format!("select {CLIP_COLUMNS} from clips"))?;
        let rows = statement.query_map([], read_clip)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Every title, in order of making, whether its approval holds or not.
    ///
    /// # Errors
    /// When the database would not.
    pub fn assets(&self, scope: Scope) -> Result<Vec<AssetRow>, StoreError> {
        let sql = format!("select {ASSET_COLUMNS} {ASSET_FROM} where (?1 is null or t.office_id = ?1) order by t.id");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement.query_map(params![scope.office()], read_asset)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Every title of a channel with the request behind it, in order of making, whether its approval holds or not; then
    /// what stands on an oral one.
    ///
    /// # Errors
    /// When the database would not.
    pub fn titled(&self, channel: &ChannelId) -> Result<Vec<Titled>, StoreError> {
        let mut statement = self.connection.prepare_cached(&titled_where("t.channel = ?"))?;
        let rows = statement.query_map(params![channel.as_str()], read_titled)?;
        let mut titled: Vec<Titled> = rows.collect::<Result<_, _>>()?;
        let mut statement = self.connection.prepare_cached(&on_oral_where("o.channel = ?"))?;
        for on_oral in statement.query_map(params![channel.as_str()], read_on_oral)? {
            titled.push(on_oral?);
        }
        Ok(titled)
    }

    /// The title that a submission became, of whatever channel.
    ///
    /// # Errors
    /// When the database would not.
    pub fn title_of(&self, submission: SubmissionId) -> Result<Option<Titled>, StoreError> {
        let mut statement = self.connection.prepare_cached(&titled_where("s.id = ?"))?;
        if let Some(titled) = statement.query_row(params![submission.0], read_titled).optional()? {
            return Ok(Some(titled));
        }
        let mut statement = self.connection.prepare_cached(&on_oral_where("s.id = ?"))?;
        Ok(statement.query_row(params![submission.0], read_on_oral).optional()?)
    }

    /// Titles of a channel whose approval holds during some of `span`: what may be planned.
    ///
    /// # Errors
    /// When the database would not.
    pub fn playable(&self, channel: &ChannelId, span: Span) -> Result<Vec<AssetRow>, StoreError> {
        let sql = format!(
            "select {ASSET_COLUMNS} {ASSET_FROM} where t.channel = ? and a.revoked_at_ms is null \
             and a.valid_from_ms < ? and a.valid_until_ms > ? order by t.id"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement.query_map(params![channel.as_str(), ms(span.end()), ms(span.start())], read_asset)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

impl Tx<'_> {
    /// Records a house file, whose bytes must be in place, and how it was made; a file that is known stays as it is.
    ///
    /// # Errors
    /// When the database would not.
    pub fn add_clip(&mut self, row: &ClipRow) -> Result<(), StoreError> {
        let sql = "insert into clips (sha256, original_sha256, recipe_sha256, channel, frames, has_sound, still, \
                   bytes, integrated_lufs, made_at_ms) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict do nothing";
        self.connection.prepare_cached(sql)?.execute(params![
            row.clip.sha256.0,
            row.clip.original.0,
            row.recipe.0,
            row.channel.as_str(),
            int(row.clip.frames),
            row.clip.nature.has_sound,
            row.clip.nature.still,
            int(row.bytes),
            row.integrated_lufs,
            ms(row.made_at)
        ])?;
        let sql = "insert or replace into clip_recipes (original_sha256, recipe_sha256, channel, clip_sha256) \
                   values (?, ?, ?, ?)";
        let way = params![row.clip.original.0, row.recipe.0, row.channel.as_str(), row.clip.sha256.0];
        self.connection.prepare_cached(sql)?.execute(way)?;
        Ok(())
    }

    /// Makes a title that can be planned, by an approval's word; one that the approval has already stays.
    ///
    /// # Errors
    /// When the database would not.
    pub fn add_asset(&mut self, new: &NewAsset, at: Instant) -> Result<(), StoreError> {
        let kind = match new.kind {
            AssetKind::Spot => "spot",
            AssetKind::Filler => "filler",
        };
        let sql = "insert into assets (title, office_id, kind, channel, approval_id, clip_sha256, made_at_ms) \
                   values (?, ?, ?, ?, ?, ?, ?) on conflict do nothing";
        self.connection.prepare_cached(sql)?.execute(params![
            new.title,
            new.owner.0,
            kind,
            new.channel.as_str(),
            new.approval.0,
            new.clip.0,
            ms(at)
        ])?;
        Ok(())
    }
}
