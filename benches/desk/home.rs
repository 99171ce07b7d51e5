//! A home as a busy agency has it: walls, offices of every group, approved clips with their house files, and the nearer
//! half of the month published.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;

use siaran::desk::Desk;
use siaran::desk::planning::WhenEmpty;
use siaran::domain::asset::{AssetKind, Clip};
use siaran::domain::ids::{OpdId, PersonId, Sha256};
use siaran::domain::people::{Form, OpdGroup, Role};
use siaran::domain::playlist::Nature;
use siaran::domain::submission::{LetterDetails, Original};
use siaran::domain::time::{BroadcastDate, Span, Zone};
use siaran::files::whole;
use siaran::store::{ClipRow, NewApproval, NewAsset, NewOffice, NewPerson, NewSubmission, StoreError};

pub const WALLS: usize = 5;
const OFFICES: usize = 40;
const DAYS: i64 = 31;
const PUBLISHED_DAYS: i64 = 15;
/// Lengths of clips, seconds, in turn; together with the plays below a wall is asked for about as much as it has.
const LENGTHS_S: [u32; 6] = [15, 30, 15, 20, 45, 30];
/// Seconds that all clips of a wall ask for together: 95 % of 16 hours.
const ASKED_S: u32 = 54_700;

/// What there is to look at.
pub struct Filled {
    pub scheduler: PersonId,
    pub published: usize,
    pub published_day: BroadcastDate,
    pub open_day: BroadcastDate,
}

pub fn wall(number: usize) -> String {
    format!("dinding-{number}")
}

pub fn settings() -> String {
    let mut text = String::new();
    for number in 0..WALLS {
        let name = wall(number);
        write!(text, "[channel.{name}]\ntitle = \"Dinding {number}\"\n").expect("a string");
        text.push_str("open = \"06:00\"\nclose = \"22:00\"\n");
        for at in ["12:00:00", "18:10:00"] {
            writeln!(text, "[[channel.{name}.fixed]]\nat = \"{at}\"\nseconds = 180\ntitle = \"Azan\"")
                .expect("a string");
        }
    }
    text
}

fn zone() -> Zone {
    "Asia/Jakarta".parse().expect("a zone")
}

fn later(date: BroadcastDate, days: i64) -> BroadcastDate {
    BroadcastDate(date.0 + chrono::TimeDelta::days(days))
}

/// Fills the home through the store, as the desks would, and publishes.
pub fn fill(desk: &Desk, clips: usize) -> Filled {
    let today = zone().date_of(desk.now());
    let person = |name: &str, role| {
        let email = format!("{}@contoh.go.id", role);
        desk.add_person(None, NewPerson { name: name.into(), email, office: None }, &[role]).expect("a person").person
    };
    let (head, scheduler) = (person("Citra, M.Si", Role::Head), person("Eka", Role::Scheduler));
    let offices: Vec<OpdId> = (0..OFFICES)
        .map(|number| {
            let (kind, group) = match number % 4 {
                0 => ("Desa", OpdGroup::Village),
                1 => ("Kantor", OpdGroup::Vertical),
                _ => ("Dinas", OpdGroup::Opd),
            };
            desk.add_office(None, NewOffice::usual(format!("{kind} {number:02}"), group)).expect("an office")
        })
        .collect();
    fs::create_dir_all(desk.home().join("media/house")).expect("a folder");
    let of_wall: u32 = (0..clips.div_ceil(WALLS)).map(|n| LENGTHS_S[n % LENGTHS_S.len()]).sum();
    let plays = (ASKED_S / of_wall.max(1)).max(1);
    for number in 0..clips {
        add(desk, head, offices[number / WALLS % OFFICES], number, plays, today).expect("a clip");
    }
    let mut published = 0;
    for number in 0..WALLS {
        let channel = wall(number).parse().expect("a name");
        for day in 1..=PUBLISHED_DAYS {
            desk.publish_day(None, &channel, later(today, day), WhenEmpty::Refuse).expect("a revision");
            published += 1;
        }
    }
    Filled { scheduler, published, published_day: later(today, 5), open_day: later(today, PUBLISHED_DAYS + 5) }
}

/// One request that went through all its steps, with its house file.
fn add(
    desk: &Desk,
    head: PersonId,
    office: OpdId,
    number: usize,
    plays: u32,
    today: BroadcastDate,
) -> Result<(), StoreError> {
    let title = format!("Klip layanan {number:04}");
    let bytes = format!("house file of {title}");
    let sha256 = whole::sha256(bytes.as_bytes());
    fs::write(desk.home().join(format!("media/house/{sha256}.mp4")), bytes).expect("a file");
    let original = whole::sha256(title.as_bytes());
    let play_s = LENGTHS_S[number / WALLS % LENGTHS_S.len()];
    let channel: siaran::domain::ids::ChannelId = wall(number % WALLS).parse().expect("a name");
    // A fifth asks for the busy hours alone.
    let busy = (number / WALLS)
        .is_multiple_of(5)
        .then(|| ("08:00".parse().expect("a time"), "20:00".parse().expect("a time")));
    let letter = LetterDetails {
        title: title.clone(),
        number: format!("005/{number}"),
        date: today,
        description: "Ajakan".into(),
        play_s,
        plays_per_day: plays,
        days: u32::try_from(DAYS).expect("a month"),
        first_day: today,
        last_day: later(today, DAYS - 1),
        preferred_hours: busy,
        framing: None,
    };
    let now = desk.now();
    desk.store.write(move |tx| {
        let standard = tx.keep_standard(&"ds.videotron".parse().expect("a key"), 1, "pinned", now)?;
        let case = tx.open_case(standard, office, head, &"air".parse().expect("a key"), now)?;
        let validity = Span::new(zone().day(letter.first_day).start(), zone().day(letter.last_day).end());
        let submission = NewSubmission {
            case,
            filed_by: head,
            channel: channel.clone(),
            letter,
            declared: BTreeSet::new(),
            form: None,
            original: Original { sha256: original, bytes: 9, name: "klip.mov".into() },
        };
        let submission = tx.add_submission(&submission, now)?;
        let recipe = Sha256([2; 32]);
        let approval = NewApproval {
            case,
            submission,
            number: format!("400.14/{}", case.0),
            verify_code: original.to_string(),
            original,
            recipe,
            channel: channel.clone(),
            validity: validity.expect("a period"),
            by: head,
            form: Form::Definitif,
        };
        let approval = tx.add_approval(&approval, now)?;
        let frames = u64::from(play_s) * 25;
        tx.add_clip(&ClipRow {
            clip: Clip { sha256, original, frames, nature: Nature::FILM },
            recipe,
            channel: channel.clone(),
            bytes: 9,
            integrated_lufs: Some(-23.0),
            made_at: now,
        })?;
        tx.add_asset(&NewAsset { title, owner: office, kind: AssetKind::Spot, channel, approval, clip: sha256 }, now)
    })
}
