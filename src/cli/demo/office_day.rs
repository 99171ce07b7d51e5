//! The people's part: offices ask, the team verifies, the head approves, the technical team processes, the scheduling
//! team publishes, the monitoring team reports.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::time::{Duration, Instant as Moment};

use super::clips::{Fate, OfficeClip};
use super::story::Story;
use super::{Failure, Stage, channel, keep_report};
use crate::desk::decoders::Decoders;
use crate::desk::intake::{NewRequest, Upload};
use crate::desk::review::WantedAct;
use crate::desk::{Desk, DeskError};
use crate::domain::asset::{AssetKind, Severity};
use crate::domain::ids::{CaseId, PersonId};
use crate::domain::people::{OpdGroup, Person, Role};
use crate::domain::playlist::{ItemKind, Playlist};
use crate::domain::submission::{CheckPoint, LetterDetails};
use crate::domain::text::{Lang, Text};
use crate::domain::time::Instant;
use crate::files::sop;
use crate::store::{NewOffice, NewPerson, Scope};

/// Who sends and who decides. Entered under their positions: the demonstration has no people of its own.
pub(super) struct Cast {
    senders: Vec<PersonId>,
    people: BTreeMap<Role, PersonId>,
}

const OFFICES: [(&str, OpdGroup); 4] = [
    ("Dinas Kesehatan", OpdGroup::Opd),
    ("Badan Pusat Statistik", OpdGroup::Vertical),
    ("Desa Tanjung Garbus", OpdGroup::Village),
    ("Diskominfostan", OpdGroup::Own),
];

/// How long the desks may take over all files.
const WORK_TIMEOUT: Duration = Duration::from_secs(150);

impl Cast {
    pub fn enter(desk: &Desk) -> Result<Cast, Failure> {
        let mut senders = Vec::new();
        for (n, (name, group)) in OFFICES.into_iter().enumerate() {
            let office = desk.add_office(None, NewOffice::usual(name, group))?;
            let person = NewPerson {
                name: format!("Pengirim {name}"),
                email: format!("instansi{}@contoh.go.id", n + 1),
                office: Some(office),
            };
            senders.push(desk.add_person(None, person, &[Role::Office])?.person);
        }
        let mut people = BTreeMap::from([(Role::Office, senders[0])]);
        for role in Role::ALL.iter().copied().filter(|role| *role != Role::Office) {
            let person = NewPerson { name: role.text().id, email: format!("{role}@contoh.go.id"), office: None };
            people.insert(role, desk.add_person(None, person, &[role])?.person);
        }
        Ok(Cast { senders, people })
    }

    pub fn of(&self, role: Role) -> Option<PersonId> {
        self.people.get(&role).copied()
    }

    fn id(&self, role: Role) -> PersonId {
        self.people[&role]
    }

    /// A one-time link per role.
    pub fn links(&self, desk: &Desk) -> Result<Vec<(Role, String)>, Failure> {
        let link = |(role, id): (&Role, &PersonId)| Ok((*role, desk.invite(None, *id)?.path()));
        self.people.iter().map(link).collect()
    }

    fn person(&self, desk: &Desk, role: Role) -> Result<Person, Failure> {
        let (id, now) = (self.id(role), desk.now());
        let found = desk.store.read(|r| r.person(id, now)).map_err(DeskError::from)?;
        found.ok_or_else(|| Failure::could(format!("{role} is gone"), "run the demonstration again"))
    }
}

/// Chapters 2 and 3: requests with their files, and what is decided about each.
pub(super) fn requests_and_decisions(
    desk: &Desk,
    cast: &Cast,
    clips: &[OfficeClip],
    story: &mut Story,
) -> Result<(), Failure> {
    story.chapter(Text::new("2. Permohonan dan pemeriksaan berkas", "2. Requests and inspection"));
    let mut filed = Vec::new();
    for clip in clips {
        filed.push((clip, file(desk, cast, clip)?));
    }
    let decoders = Decoders::of(&desk.config);
    wait_until(desk, &decoders, &filed, is_inspected, cast)?;
    let registry = cast.person(desk, Role::Monitor)?;
    for (clip, case) in &filed {
        let found = desk.case_file(&registry, *case)?;
        let refused: Vec<_> = found
            .airing()
            .map_err(DeskError::from)?
            .inspection
            .iter()
            .flat_map(|i| &i.reasons)
            .filter(|r| r.severity == Severity::Fail)
            .collect();
        let words = |lang| refused.iter().map(|r| r.text.get(lang)).collect::<Vec<_>>().join(" ");
        match clip.fate {
            Fate::Unfit => story.claim(
                !refused.is_empty(),
                Text::new(
                    format!("{} ({}) ditolak pemeriksaan: {}", clip.title, OFFICES[clip.office].0, words(Lang::Id)),
                    format!(
                        "{} ({}) is refused by the inspection: {}",
                        clip.title,
                        OFFICES[clip.office].0,
                        words(Lang::En)
                    ),
                ),
            ),
            _ => story.claim(
                refused.is_empty(),
                Text::new(
                    format!("{} ({}) lolos pemeriksaan berkas.", clip.title, OFFICES[clip.office].0),
                    format!("{} ({}) passes the inspection.", clip.title, OFFICES[clip.office].0),
                ),
            ),
        }
    }

    story.chapter(Text::new("3. Verifikasi, persetujuan, pengolahan", "3. Verification, approval, conforming"));
    for (clip, case) in filed.iter().filter(|(clip, _)| clip.fate == Fate::Prohibited) {
        let reason = "Materi bersifat komersial; ajukan ke media iklan.";
        act(desk, cast, *case, Role::Verifier, "verify", Some("prohibited"), Some(reason))?;
        let ended = desk.case_file(&registry, *case)?.step().is_none();
        story.claim(
            ended,
            Text::new(
                format!("{} ditolak Tim Verifikasi: {reason}", clip.title),
                format!("{} is refused by the verifier: it is commercial.", clip.title),
            ),
        );
    }
    let airing: Vec<_> =
        filed.iter().filter(|(clip, _)| clip.fate == Fate::Airs).map(|(clip, case)| (*clip, *case)).collect();
    for (_, case) in &airing {
        act(desk, cast, *case, Role::Verifier, "verify", Some("conforms"), None)?;
        act(desk, cast, *case, Role::Head, "approve", Some("approved"), None)?;
    }
    wait_until(desk, &decoders, &airing, is_conformed, cast)?;
    for (clip, case) in &airing {
        act(desk, cast, *case, Role::Technical, "process", Some("playable"), None)?;
        let file = desk.case_file(&registry, *case)?;
        let file = file.airing().map_err(DeskError::from)?;
        let approval = file.approval.as_ref();
        let number = approval.map(|a| a.number.clone()).unwrap_or_default();
        let bound = approval.is_some_and(|a| a.original == file.newest().original.sha256) && file.clip.is_some();
        story.claim(
            bound,
            Text::new(
                format!("{} disetujui ({number}) dan diolah ke format videotron.", clip.title),
                format!("{} is approved ({number}) and conformed to the wall's format.", clip.title),
            ),
        );
    }
    Ok(())
}

fn file(desk: &Desk, cast: &Cast, clip: &OfficeClip) -> Result<CaseId, Failure> {
    let could =
        |e: std::io::Error| Failure::could(format!("{}: {e}", clip.path.display()), "run the demonstration again");
    let zone = desk.config.channels[&channel()].channel.zone;
    let today = zone.date_of(desk.now());
    let letter = LetterDetails {
        title: clip.title.into(),
        number: format!("400/{}/2026", clip.office + 1),
        date: today,
        description: clip.description.into(),
        play_s: clip.play_s,
        plays_per_day: 2,
        days: 1,
        first_day: today,
        last_day: today,
        preferred_hours: None,
        framing: None,
    };
    let standard = sop::videotron(desk.home()).map_err(DeskError::Standard)?.standard;
    let declarable = standard.as_written().requirements.iter().filter(|r| r.kind == "declaration");
    let declared = declarable.map(|r| r.id.clone()).collect();
    let mut bytes = File::open(&clip.path).map_err(could)?;
    let name = clip.path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let declared_bytes = bytes.metadata().ok().map(|m| m.len());
    let request = NewRequest { office: None, channel: channel(), letter, declared, form: None };
    Ok(desk.file_request(cast.senders[clip.office], request, Upload { name, declared_bytes, bytes: &mut bytes })?.case)
}

/// Does the desks' work, shared with the head-end, until every case is as wanted.
fn wait_until(
    desk: &Desk,
    decoders: &Decoders,
    cases: &[(&OfficeClip, CaseId)],
    done: impl Fn(&Desk, &Cast, CaseId) -> Result<bool, Failure>,
    cast: &Cast,
) -> Result<(), Failure> {
    let until = Moment::now() + WORK_TIMEOUT;
    loop {
        desk.work_all(decoders)?;
        let mut waiting = Vec::new();
        for (clip, case) in cases {
            if !done(desk, cast, *case)? {
                waiting.push(clip.title);
            }
        }
        if waiting.is_empty() {
            return Ok(());
        }
        if Moment::now() > until {
            let what = format!("still being worked on after {} s: {}", WORK_TIMEOUT.as_secs(), waiting.join(", "));
            return Err(Failure::could(what, "run the demonstration on a machine that is less busy"));
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}

fn is_inspected(desk: &Desk, cast: &Cast, case: CaseId) -> Result<bool, Failure> {
    Ok(desk
        .case_file(&cast.person(desk, Role::Monitor)?, case)?
        .airing()
        .map_err(DeskError::from)?
        .inspection
        .is_some())
}

fn is_conformed(desk: &Desk, cast: &Cast, case: CaseId) -> Result<bool, Failure> {
    Ok(desk.case_file(&cast.person(desk, Role::Monitor)?, case)?.airing().map_err(DeskError::from)?.clip.is_some())
}

fn act(
    desk: &Desk,
    cast: &Cast,
    case: CaseId,
    role: Role,
    step: &str,
    choice: Option<&str>,
    reason: Option<&str>,
) -> Result<(), Failure> {
    let holds = choice != Some("prohibited");
    let checklist = (step == "verify").then(|| {
        CheckPoint::ALL.into_iter().map(|point| (point, holds || point != CheckPoint::NonCommercial)).collect()
    });
    let wanted = WantedAct {
        step: step.into(),
        choice: choice.map(Into::into),
        reason: reason.map(Into::into),
        checklist,
        ..WantedAct::default()
    };
    desk.act(cast.id(role), case, wanted)?;
    Ok(())
}

/// Chapter 4: the plan of the minutes in which the wall is open.
pub(super) fn publish(
    desk: &Desk,
    cast: &Cast,
    stage: &Stage,
    opens: Instant,
    story: &mut Story,
) -> Result<Playlist, Failure> {
    let date = stage.zone.date_of(opens);
    let published =
        desk.publish_day(Some(cast.id(Role::Scheduler)), &channel(), date, crate::desk::planning::WhenEmpty::Refuse)?;
    let proposal = &published.proposal;
    let (id, en) = stage.in_words(opens);
    story.tell(Text::new(format!("Videotron dibuka {id}."), format!("The wall opens {en}.")));
    for item in proposal.playlist.items().iter().filter(|item| item.kind == ItemKind::Clip) {
        let at = stage.zone.local(item.start).format("%H.%M.%S");
        story.tell(Text::new(
            format!("{at}  {} ({})", item.title, item.owner),
            format!("{} frames", item.duration_frames),
        ));
    }
    let offices: BTreeSet<_> =
        proposal.playlist.items().iter().filter(|i| i.kind == ItemKind::Clip).map(|i| &i.owner).collect();
    story.claim(
        proposal.findings.is_empty() && offices.len() == 3,
        Text::new(
            format!(
                "Jadwal revisi {} terbit: {} penayangan dari {} instansi, diperiksa terpisah tanpa pelanggaran.",
                proposal.playlist.head().revision,
                proposal.playlist.items().iter().filter(|i| i.kind == ItemKind::Clip).count(),
                offices.len()
            ),
            format!(
                "Revision {} is published: {} plays of {} offices, judged independently without a fault.",
                proposal.playlist.head().revision,
                proposal.playlist.items().iter().filter(|i| i.kind == ItemKind::Clip).count(),
                offices.len()
            ),
        ),
    );
    let told = desk.store.read(|r| r.mails_waiting()).map_err(DeskError::from)?;
    story.claim(
        !told.is_empty(),
        Text::new(
            format!("{} pengumuman dikirim kepada yang berkepentingan.", told.len()),
            format!("{} announcements went to those concerned.", told.len()),
        ),
    );
    Ok(published.proposal.playlist)
}

/// Chapter 6, second half: import, report, conclusion, and whether the home keeps its promises.
pub(super) fn report(
    desk: &Desk,
    cast: &Cast,
    stage: &Stage,
    plan: &Playlist,
    story: &mut Story,
) -> Result<(), Failure> {
    desk.import_journal(&channel())?;
    let submissions: BTreeSet<_> = plan.items().iter().filter_map(|i| i.submission.clone()).collect();
    let mut reported = 0;
    for submission in &submissions {
        let Ok(id) = submission.parse() else { continue };
        let Some(found) = desk.store.read(|r| r.submission(Scope::All, id)).map_err(DeskError::from)? else { continue };
        act(desk, cast, found.case, Role::Operator, "air", None, None)?;
        act(desk, cast, found.case, Role::Monitor, "monitor", None, None)?;
        desk.conclude(cast.id(Role::Monitor), found.case, "Tayang sesuai jadwal; gambar dan suara baik.")?;
        act(desk, cast, found.case, Role::Monitor, "evaluate", None, None)?;
        let report = desk.case_report(Scope::All, found.case)?;
        reported += usize::from(report.conclusion.is_some());
    }
    // What the agency itself has approved airs as fill, between the plays.
    let assets = desk.store.read(|r| r.assets(Scope::All)).map_err(DeskError::from)?;
    let fill = assets.iter().filter(|row| row.asset.kind == AssetKind::Filler).count();
    story.claim(
        reported == submissions.len() && reported > 0,
        Text::new(
            format!(
                "{reported} permohonan yang dijadwalkan dilaporkan dan selesai, dengan kesimpulan tim monitoring; \
                 {fill} lainnya menjadi bahan pengisi."
            ),
            format!(
                "{reported} requests that were scheduled are reported and done, with the monitoring team's \
                 conclusion; {fill} more became fill."
            ),
        ),
    );
    let day = desk.day_report(&channel(), plan.head().date)?;
    keep_report(desk, stage, &day)?;
    let pdf = std::fs::metadata(stage.out.join("report.pdf")).map(|m| m.len()).unwrap_or(0);
    story.claim(
        pdf > 0,
        Text::new(
            format!("Laporan penayangan: {}", stage.out.join("report.pdf").display()),
            format!("The airing report: {}", stage.out.join("report.pdf").display()),
        ),
    );
    let checked = desk.check()?;
    let broken: Vec<_> = checked.broken.iter().map(|b| format!("{}: {}", b.invariant, b.what)).collect();
    story.claim(
        broken.is_empty(),
        Text::new(
            format!(
                "Pemeriksaan: {} baris tayang (catatan pemutar dan salinannya di basis data) dan {} baris audit utuh. {}",
                checked.as_run_rows,
                checked.audit_rows,
                broken.join("; ")
            ),
            format!(
                "Check: {} as-run rows (the player's journal and its copy in the database) and {} audit rows hold. {}",
                checked.as_run_rows,
                checked.audit_rows,
                broken.join("; ")
            ),
        ),
    );
    Ok(())
}
