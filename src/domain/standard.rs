//! A public service as data: requirements, steps, who does them, what may follow, where it ends. A
//! [`ServiceStandard`] is made only by [`ServiceStandard::judge`], so whoever holds one never meets a step that is
//! missing, unreachable or without an end.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use super::ids::BadName;
use super::people::{Form, Position, Role};
use super::text::Text;

/// A name within a standard: a step, an end, a requirement, a document, an actor. Lower-case letters, digits, `_`,
/// `-` and `.`, at most 64.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(String);

impl Key {
    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Key {
    type Err = BadName;
    fn from_str(s: &str) -> Result<Key, BadName> {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-' | b'.');
        if (1..=64).contains(&s.len()) && s.bytes().all(plain) {
            Ok(Key(s.to_owned()))
        } else {
            Err(BadName { what: "name in a standard", given: s.chars().take(80).collect() })
        }
    }
}

impl From<&Key> for super::audit::Word {
    fn from(key: &Key) -> super::audit::Word {
        super::audit::Word::new(key.as_str()).expect("a key holds only what a word may, and fewer bytes")
    }
}

/// The actor that stands for whoever asked.
pub const APPLICANT: &str = "applicant";
/// Lowest rank that may sign.
pub const SIGNING_RANK: u32 = 30;

macro_rules! actions {
    ($($variant:ident $word:literal $id:literal $en:literal),+ $(,)?) => {
        /// What is done in a step.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[expect(missing_docs, reason = "each name is the word that the files carry, and its text says it in two languages")]
        pub enum Action { $($variant),+ }
        impl Action {
            /// The word in the files.
            pub fn as_str(self) -> &'static str {
                match self { $(Action::$variant => $word),+ }
            }
            /// For buttons and headings.
            pub fn text(self) -> Text {
                match self { $(Action::$variant => Text::new($id, $en)),+ }
            }
            /// From the word in the files.
            pub fn read(word: &str) -> Option<Action> {
                match word { $($word => Some(Action::$variant),)+ _ => None }
            }
        }
    };
}
actions! {
    Submit "submit" "Ajukan permohonan" "Submit",
    Revise "revise" "Perbaiki permohonan" "Revise",
    Register "register" "Catat dalam agenda" "Register",
    Verify "verify" "Verifikasi" "Verify",
    Review "review" "Telaah" "Review",
    Draft "draft" "Susun konsep" "Draft",
    Initial "initial" "Paraf" "Initial",
    Sign "sign" "Setujui dan tanda tangani" "Approve and sign",
    Dispose "dispose" "Disposisi" "Dispose",
    Assign "assign" "Tugaskan" "Assign",
    Process "process" "Olah" "Process",
    Check "check" "Periksa" "Check",
    Schedule "schedule" "Jadwalkan" "Schedule",
    Prepare "prepare" "Siapkan" "Prepare",
    HandOver "hand_over" "Serahkan" "Hand over",
    Attend "attend" "Hadir" "Attend",
    Execute "execute" "Laksanakan" "Carry out",
    Monitor "monitor" "Pantau" "Monitor",
    Report "report" "Susun laporan" "Report",
    Archive "archive" "Arsipkan" "Archive",
    Notify "notify" "Beri tahu" "Notify",
    Number "number" "Beri nomor" "Number",
    WaitExternal "wait_external" "Tunggu pihak luar" "Wait for another party",
    Decide "decide" "Putuskan" "Decide",
    Publish "publish" "Umumkan" "Publish",
    Confirm "confirm" "Konfirmasi" "Confirm",
    Meet "meet" "Rapatkan" "Meet",
}

/// What following an edge means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum EdgeKind {
    /// The work goes on.
    #[default]
    Next,
    /// Back, to be mended; wants a reason.
    Return,
    /// Refused; wants a reason.
    Reject,
    /// Over, by the applicant's wish or absence.
    End,
    /// Over, because time ran out.
    Lapse,
    /// Up to someone else, because time ran out.
    Escalate,
    /// Over, because nobody objected in time.
    AutoClose,
}

impl EdgeKind {
    /// Every one.
    pub const ALL: [EdgeKind; 7] = [
        EdgeKind::Next,
        EdgeKind::Return,
        EdgeKind::Reject,
        EdgeKind::End,
        EdgeKind::Lapse,
        EdgeKind::Escalate,
        EdgeKind::AutoClose,
    ];
    /// The word in the files.
    pub fn as_str(self) -> &'static str {
        match self {
            EdgeKind::Next => "next",
            EdgeKind::Return => "return",
            EdgeKind::Reject => "reject",
            EdgeKind::End => "end",
            EdgeKind::Lapse => "lapse",
            EdgeKind::Escalate => "escalate",
            EdgeKind::AutoClose => "auto_close",
        }
    }
    /// From the word in the files.
    pub fn read(word: &str) -> Option<EdgeKind> {
        EdgeKind::ALL.into_iter().find(|k| k.as_str() == word)
    }
    /// Whether whoever takes it must say why.
    pub fn wants_reason(self) -> bool {
        matches!(self, EdgeKind::Return | EdgeKind::Reject)
    }
}

/// A length of time as standards give it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct WorkTime {
    /// How many.
    pub count: u32,
    /// Of what.
    pub unit: WorkUnit,
}

/// Units of [`WorkTime`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum WorkUnit {
    /// Minutes in which the office works.
    Minutes,
    /// Hours in which the office works.
    Hours,
    /// Days, each of 24 hours.
    Days,
    /// Days on which the office works.
    WorkingDays,
    /// Calendar months.
    Months,
}

impl WorkTime {
    /// As people say it.
    pub fn text(self) -> Text {
        let (id, en) = match self.unit {
            WorkUnit::Minutes => ("menit", "working minutes"),
            WorkUnit::Hours => ("jam kerja", "working hours"),
            WorkUnit::Days => ("hari", "days"),
            WorkUnit::WorkingDays => ("hari kerja", "working days"),
            WorkUnit::Months => ("bulan", "months"),
        };
        let en = if self.count == 1 { en.trim_end_matches('s') } else { en };
        Text::new(format!("{} {id}", self.count), format!("{} {en}", self.count))
    }
}

impl FromStr for WorkTime {
    type Err = BadWorkTime;
    fn from_str(s: &str) -> Result<WorkTime, BadWorkTime> {
        let bad = || BadWorkTime(s.chars().take(40).collect());
        let digits = s.bytes().take_while(u8::is_ascii_digit).count();
        let (count, unit) = s.split_at(digits);
        let count: u32 = count.parse().ok().filter(|n| *n <= MOST_UNITS).ok_or_else(bad)?;
        let unit = match unit {
            "m" => WorkUnit::Minutes,
            "h" => WorkUnit::Hours,
            "d" => WorkUnit::Days,
            "wd" => WorkUnit::WorkingDays,
            "mo" => WorkUnit::Months,
            _ => return Err(bad()),
        };
        Ok(WorkTime { count, unit })
    }
}

/// Most units of a norm: no office promises an answer in ten thousand of anything.
const MOST_UNITS: u32 = 10_000;

/// Not a length of time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a length of time; wanted is something like 30m, 3h, 2d, 10wd, 1mo")]
pub struct BadWorkTime(pub String);

/// Something that an applicant must bring.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// Its name.
    pub id: Key,
    /// letter, media, declaration, field, file, identity.
    pub kind: String,
    /// For people.
    pub label: Text,
    /// Kinds of applicants that must bring it; empty: all.
    pub only_for: Vec<String>,
}

/// A letter that the service issues.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Its name.
    pub id: Key,
    /// For people.
    pub label: Text,
    /// The series from which its number is taken.
    pub series: Option<String>,
    /// Who initials the draft, in this order.
    pub paraf: Vec<Key>,
    /// Who signs it.
    pub signer: Option<Key>,
}

/// One thing that someone does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Its name.
    pub id: Key,
    /// The part of the service to which it belongs, as the document heads it.
    pub phase: Option<String>,
    /// Who does it.
    pub actor: Key,
    /// Who takes part.
    pub with: Vec<Key>,
    /// What is done.
    pub action: Action,
    /// The document's own words.
    pub src: Option<String>,
    /// Requirements that must be met before the work goes on.
    pub needs: Vec<Key>,
    /// Documents that come of it.
    pub yields: Vec<Key>,
    /// Facts that must hold before the work goes on: `not_before:STEP`, or a fact's name.
    pub gates: Vec<Gate>,
    /// Who is told.
    pub notify: Vec<Key>,
    /// Whether what comes of it is archived.
    pub archive: bool,
    /// Acting forms that may do it.
    pub delegable: BTreeSet<Form>,
    /// What may follow.
    pub edges: Vec<Edge>,
    /// What follows by itself when time runs out.
    pub timers: Vec<Timer>,
    /// How long it may take.
    pub norm: Option<WorkTime>,
    /// The room or slot that it takes, and how firmly.
    pub books: Option<Books>,
    /// What whoever does it ticks off first.
    pub checklist: Vec<String>,
    /// What must be there as proof that it was done: `session_log`.
    pub evidence: Vec<Key>,
    /// The step that goes on at the same time.
    pub parallel_with: Option<Key>,
    /// Whether our reading, not the document, put it here.
    pub inferred: bool,
}

/// What a step takes of something that others want too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Books {
    /// Of what: `studio.radio`.
    pub resource: Key,
    /// How firmly.
    pub mode: Booked,
}

/// How firmly something is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Booked {
    /// Kept while the letter is on its way.
    Hold,
    /// Taken for good.
    Confirm,
}

impl Booked {
    /// From the word in the files.
    pub fn read(word: &str) -> Option<Booked> {
        match word {
            "hold" => Some(Booked::Hold),
            "confirm" => Some(Booked::Confirm),
            _ => None,
        }
    }
}

/// A fact that must hold before the work goes on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gate {
    /// Another step was done, and not undone by a return behind it.
    NotBefore(Key),
    /// A fact that the desk knows: `loudness_ok`.
    Fact(Key),
}

/// One way on from a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge {
    /// The step or end to which it leads.
    pub to: Key,
    /// When it is taken, in the standard's words; none on the only or the usual way.
    pub when: Option<String>,
    /// For the button; the standard's words, or the action's, where none is given.
    pub label: Option<Text>,
    /// What it means.
    pub kind: EdgeKind,
    /// Whether our reading, not the document, put it here.
    pub inferred: bool,
}

impl Edge {
    /// What names the edge among its step's: its condition with `-` for what is no letter or digit, or its target.
    pub fn key(&self) -> String {
        let Some(when) = &self.when else { return self.to.to_string() };
        let plain: String =
            when.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
        plain.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-")
    }
}

/// What follows by itself when a step takes too long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timer {
    /// After how long.
    pub after: WorkTime,
    /// Where the case then goes; `None`: it stays, and the norm is extended.
    pub to: Option<Key>,
    /// What that means.
    pub kind: EdgeKind,
}

/// How a case may end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    /// Its name.
    pub id: Key,
    /// fulfilled, rejected, withdrawn …
    pub outcome: Key,
    /// Whether a reason is wanted.
    pub needs_reason: bool,
}

/// The promise of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sla {
    /// The promise; `None`: unstated, or the sum of the steps' norms.
    pub target: Option<WorkTime>,
    /// The calendar in which it runs: office or always.
    pub calendar: String,
    /// The step whose beginning starts it.
    pub starts_at: Option<Key>,
    /// The step whose end stops it.
    pub stops_at: Option<Key>,
    /// Steps during which it stands still.
    pub pauses_in: Vec<Key>,
}

/// A standard as it was written, not yet judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The service's name.
    pub id: Key,
    /// The definition's own number.
    pub version: u32,
    /// For people.
    pub title: Text,
    /// Whose service.
    pub unit: String,
    /// airtime, session, crew …
    pub family: String,
    /// Kinds of applicants that may ask.
    pub applicants: Vec<String>,
    /// What it costs, rupiah; `None`: the document does not say.
    pub fee_idr: Option<u64>,
    /// The promise of time.
    pub sla: Option<Sla>,
    /// What an applicant must bring.
    pub requirements: Vec<Requirement>,
    /// What the service issues.
    pub documents: Vec<Document>,
    /// What is done; it begins with the first.
    pub steps: Vec<Step>,
    /// How it may end.
    pub ends: Vec<End>,
}

/// A judged standard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceStandard {
    draft: Draft,
    titles: BTreeMap<Key, String>,
}

/// Families of services.
const FAMILIES: [&str; 9] =
    ["airtime", "session", "crew", "facility", "account", "document", "complaint", "incident", "internal"];
/// Most steps of a service: the longest found has 18.
pub const MAX_STEPS: usize = 200;

/// What is wrong with a standard; names the place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {what}")]
pub struct StandardFault {
    /// The table: `step verify`, `document approval`, `service`.
    pub place: String,
    /// What is wrong, and what would be right.
    pub what: String,
}

impl StandardFault {
    /// A fault at a place.
    pub fn new(place: impl Into<String>, what: impl Into<String>) -> StandardFault {
        StandardFault { place: place.into(), what: what.into() }
    }
}

impl ServiceStandard {
    /// Judges a draft against the positions that there are.
    ///
    /// # Errors
    /// Every fault found.
    pub fn judge(draft: Draft, positions: &BTreeMap<Key, Position>) -> Result<ServiceStandard, Vec<StandardFault>> {
        let mut faults = Faults { draft: &draft, positions, found: Vec::new() };
        faults.service();
        faults.names();
        draft.steps.iter().for_each(|step| faults.step(step));
        draft.documents.iter().for_each(|document| faults.ladder(document));
        faults.sla();
        if faults.found.is_empty() {
            faults.walk();
        }
        let found = faults.found;
        if !found.is_empty() {
            return Err(found);
        }
        let titles = positions.iter().map(|(key, position)| (key.clone(), position.title.clone())).collect();
        Ok(ServiceStandard { draft, titles })
    }

    /// The step of a name.
    pub fn step(&self, id: &Key) -> Option<&Step> {
        self.draft.steps.iter().find(|s| s.id == *id)
    }
    /// The end of a name.
    pub fn end(&self, id: &Key) -> Option<&End> {
        self.draft.ends.iter().find(|e| e.id == *id)
    }
    /// Where a case begins.
    pub fn first(&self) -> &Step {
        self.draft.steps.first().expect("a judged standard has a step")
    }
    /// An actor's title for people.
    pub fn title_of<'a>(&'a self, actor: &'a Key) -> &'a str {
        self.titles.get(actor).map_or(actor.as_str(), String::as_str)
    }
    /// An actor's title in both languages; the standard's own word where no role of ours does its steps.
    pub fn actor_text(&self, actor: &Key) -> Text {
        let stated = self.title_of(actor);
        let known = Role::of_actor(actor.as_str()).map(Role::text);
        Text::new(stated, known.map_or_else(|| stated.to_owned(), |text| text.en))
    }
    /// A requirement of a name.
    pub fn requirement(&self, id: &Key) -> Option<&Requirement> {
        self.draft.requirements.iter().find(|r| r.id == *id)
    }
    /// Whether someone whom a standard calls so may ask for it.
    pub fn is_for(&self, applicant: &str) -> bool {
        self.draft.applicants.iter().any(|kind| kind == applicant)
    }
    /// What was judged.
    pub fn as_written(&self) -> &Draft {
        &self.draft
    }
}

struct Faults<'d> {
    draft: &'d Draft,
    positions: &'d BTreeMap<Key, Position>,
    found: Vec<StandardFault>,
}

impl Faults<'_> {
    fn add(&mut self, place: impl Into<String>, what: impl Into<String>) {
        self.found.push(StandardFault::new(place, what));
    }

    fn service(&mut self) {
        if !FAMILIES.contains(&self.draft.family.as_str()) {
            self.add("service", format!("family {:?} is none of {}", self.draft.family, FAMILIES.join(", ")));
        }
        if self.draft.steps.is_empty() || self.draft.steps.len() > MAX_STEPS {
            self.add("service", format!("{} steps; wanted are 1 to {MAX_STEPS}", self.draft.steps.len()));
        }
        if self.draft.ends.is_empty() {
            self.add("service", "there is no end; add an [[end]]");
        }
    }

    fn names(&mut self) {
        let mut seen = BTreeSet::new();
        let places = self.draft.steps.iter().map(|s| ("step", &s.id));
        for (what, id) in places.chain(self.draft.ends.iter().map(|e| ("end", &e.id))) {
            if !seen.insert(id) {
                self.found.push(StandardFault::new(format!("{what} {id}"), "the name is used twice"));
            }
        }
        let mut seen = BTreeSet::new();
        let places = self.draft.requirements.iter().map(|r| ("requirement", &r.id));
        for (what, id) in places.chain(self.draft.documents.iter().map(|d| ("document", &d.id))) {
            if !seen.insert((what, id)) {
                self.found.push(StandardFault::new(format!("{what} {id}"), "the name is used twice"));
            }
        }
    }

    fn leads_somewhere(&self, to: &Key) -> bool {
        self.draft.steps.iter().any(|s| s.id == *to) || self.draft.ends.iter().any(|e| e.id == *to)
    }

    fn is_step(&self, id: &Key) -> bool {
        self.draft.steps.iter().any(|s| s.id == *id)
    }

    fn step(&mut self, step: &Step) {
        let place = format!("step {}", step.id);
        for actor in [&step.actor].into_iter().chain(&step.with).chain(&step.notify) {
            if !self.positions.contains_key(actor) {
                self.add(&place, format!("{actor} is no position; see _roles.toml"));
            }
        }
        for need in &step.needs {
            if !self.draft.requirements.iter().any(|r| r.id == *need) {
                self.add(&place, format!("needs {need}, which is no [[requirement]]"));
            }
        }
        for yields in &step.yields {
            if !self.draft.documents.iter().any(|d| d.id == *yields) {
                self.add(&place, format!("yields {yields}, which is no [[document]]"));
            }
        }
        if step.src.is_none() && !step.inferred {
            self.add(&place, "says neither src nor inferred = true");
        }
        let rank = self.positions.get(&step.actor).map_or(0, |p| p.rank);
        if step.action == Action::Sign && rank < SIGNING_RANK {
            self.add(&place, format!("{} has rank {rank}; who signs has {SIGNING_RANK} or more", step.actor));
        }
        let other_steps = step.parallel_with.iter().chain(step.gates.iter().filter_map(|gate| match gate {
            Gate::NotBefore(step) => Some(step),
            Gate::Fact(_) => None,
        }));
        for other in other_steps {
            if !self.is_step(other) {
                self.add(&place, format!("names {other}, which is no step"));
            }
        }
        self.edges(step, &place);
    }

    fn edges(&mut self, step: &Step, place: &str) {
        if step.edges.is_empty() {
            self.add(place, "nothing follows it; give it a to");
        }
        if step.edges.iter().filter(|e| e.when.is_none()).count() > 1 {
            self.add(place, "two edges without a when: which is taken?");
        }
        let keys: BTreeSet<String> = step.edges.iter().map(Edge::key).collect();
        if keys.len() != step.edges.len() {
            self.add(place, "two edges whose when reads the same");
        }
        let targets = step.edges.iter().map(|e| &e.to).chain(step.timers.iter().filter_map(|t| t.to.as_ref()));
        for to in targets {
            if !self.leads_somewhere(to) {
                self.add(place, format!("an edge leads to {to}, which is neither step nor end"));
            }
        }
    }

    fn ladder(&mut self, document: &Document) {
        let place = format!("document {}", document.id);
        let mut last = 0;
        for actor in document.paraf.iter().chain(&document.signer) {
            match self.positions.get(actor) {
                None => self.add(&place, format!("{actor} is no position; see _roles.toml")),
                Some(position) if position.rank < last => {
                    let what = format!("{actor} (rank {}) comes after rank {last}: initials go upwards", position.rank);
                    self.add(&place, what);
                }
                Some(position) => last = position.rank,
            }
        }
    }

    fn sla(&mut self) {
        let Some(sla) = &self.draft.sla else { return };
        for step in sla.starts_at.iter().chain(&sla.stops_at).chain(&sla.pauses_in) {
            if !self.is_step(step) {
                self.add("sla", format!("names {step}, which is no step"));
            }
        }
    }

    /// Every step and end can be reached, and from every step some end.
    fn walk(&mut self) {
        let Some(first) = self.draft.steps.first() else { return };
        let mut reached = BTreeSet::from([&first.id]);
        let mut open = vec![first];
        while let Some(step) = open.pop() {
            for to in ways(step) {
                if reached.insert(to) {
                    open.extend(self.draft.steps.iter().find(|s| s.id == *to));
                }
            }
        }
        let mut ending: BTreeSet<&Key> = self.draft.ends.iter().map(|e| &e.id).collect();
        loop {
            let more: Vec<&Key> = self
                .draft
                .steps
                .iter()
                .filter(|s| !ending.contains(&s.id) && ways(s).any(|to| ending.contains(to)))
                .map(|s| &s.id)
                .collect();
            if more.is_empty() {
                break;
            }
            ending.extend(more);
        }
        let steps = self.draft.steps.iter().map(|s| ("step", &s.id));
        for (what, id) in steps.chain(self.draft.ends.iter().map(|e| ("end", &e.id))) {
            let place = || format!("{what} {id}");
            if !reached.contains(id) {
                self.found.push(StandardFault::new(place(), "no way leads to it"));
            }
            if !ending.contains(id) {
                self.found.push(StandardFault::new(place(), "no way leads from it to an end"));
            }
        }
    }
}

/// Where a step may lead, by hand or by time.
fn ways(step: &Step) -> impl Iterator<Item = &Key> {
    step.edges.iter().map(|e| &e.to).chain(step.timers.iter().filter_map(|t| t.to.as_ref()))
}
