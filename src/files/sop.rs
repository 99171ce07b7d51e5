//! Service standards as files, format `sop/1` (TOML): read, judged, and named fault by fault. The agency's three
//! broadcasting services, positions and calendars are built in; a home's `sop/` overrides them file by file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;

use crate::domain::people::{Form, Position};
use crate::domain::standard::{
    Action, Booked, Books, Document, Draft, Edge, EdgeKind, End, Gate, Key, Requirement, ServiceStandard, Sla,
    StandardFault, Step, Timer, WorkTime,
};
use crate::domain::text::Text;

/// Positions, by actor.
pub type Positions = BTreeMap<Key, Position>;

/// The built-in standard of the videotron.
pub const VIDEOTRON: &str = include_str!("../../sop/ds-videotron.toml");
/// The built-in standards, in the order in which people choose among them: name in a home's `sop/`, and text.
pub const BUILT_IN: [(&str, &str); 3] = [
    (VIDEOTRON_FILE, VIDEOTRON),
    ("ds-talkshow.toml", include_str!("../../sop/ds-talkshow.toml")),
    ("ds-podcast.toml", include_str!("../../sop/ds-podcast.toml")),
];
const POSITIONS: &str = include_str!("../../sop/_roles.toml");
/// Its name in a home's `sop/`.
pub const VIDEOTRON_FILE: &str = "ds-videotron.toml";
const POSITIONS_FILE: &str = "_roles.toml";
/// The only format that is read.
const FORMAT: &str = "sop/1";
/// Largest standard that is read, bytes: the longest found has 7 KiB.
const MAX_BYTES: u64 = 1 << 20;

/// A standard with the text that was judged.
#[derive(Debug, Clone)]
pub struct Written {
    /// The file's text; a case is pinned to its hash.
    pub text: String,
    /// What it says.
    pub standard: ServiceStandard,
}

/// The videotron's standard that applies in a home.
///
/// # Errors
/// Every fault of the file that overrides the built-in one.
pub fn videotron(home: &Path) -> Result<Written, Vec<StandardFault>> {
    let text = home_or_built_in(home, VIDEOTRON_FILE, VIDEOTRON)?;
    let standard = parse(&text, &positions(home)?)?;
    Ok(Written { text, standard })
}

/// Every standard that applies in a home, in the order in which people choose among them.
///
/// # Errors
/// Every fault of a file that overrides a built-in one.
pub fn services(home: &Path) -> Result<Vec<Written>, Vec<StandardFault>> {
    let positions = positions(home)?;
    let read = |(name, built_in): &(&str, &str)| {
        let text = home_or_built_in(home, name, built_in)?;
        let standard = parse(&text, &positions)?;
        Ok(Written { text, standard })
    };
    BUILT_IN.iter().map(read).collect()
}

/// The positions that apply in a home.
///
/// # Errors
/// Every fault of the file that overrides the built-in one.
pub fn positions(home: &Path) -> Result<Positions, Vec<StandardFault>> {
    read_positions(&home_or_built_in(home, POSITIONS_FILE, POSITIONS)?)
}

/// Reads and judges a file; positions come from `_roles.toml` beside it if there is one, else from `otherwise`.
///
/// # Errors
/// Every fault found.
pub fn check(path: &Path, otherwise: &Positions) -> Result<ServiceStandard, Vec<StandardFault>> {
    let beside = path.with_file_name(POSITIONS_FILE);
    let own = if beside.is_file() { Some(read_positions(&read(&beside)?)?) } else { None };
    parse(&read(path)?, own.as_ref().unwrap_or(otherwise))
}

/// Reads and judges a standard from its text.
///
/// # Errors
/// Every fault found.
pub fn parse(text: &str, positions: &Positions) -> Result<ServiceStandard, Vec<StandardFault>> {
    let file: FileToml = toml::from_str(text).map_err(|e| vec![StandardFault::new("file", e.to_string())])?;
    let mut reading = Reading { faults: Vec::new() };
    let draft = reading.draft(file);
    let Some(draft) = draft.filter(|_| reading.faults.is_empty()) else { return Err(reading.faults) };
    ServiceStandard::judge(draft, positions)
}

fn home_or_built_in(home: &Path, name: &str, built_in: &str) -> Result<String, Vec<StandardFault>> {
    let path = home.join("sop").join(name);
    if path.is_file() { read(&path) } else { Ok(built_in.to_owned()) }
}

fn read(path: &Path) -> Result<String, Vec<StandardFault>> {
    let fault = |what: String| vec![StandardFault::new(path.display().to_string(), what)];
    let size = std::fs::metadata(path).map_err(|e| fault(format!("can't be read: {e}")))?.len();
    if size > MAX_BYTES {
        return Err(fault(format!("has {size} bytes; a standard has at most {MAX_BYTES}")));
    }
    std::fs::read_to_string(path).map_err(|e| fault(format!("can't be read: {e}")))
}

fn read_positions(text: &str) -> Result<Positions, Vec<StandardFault>> {
    let fault = |place: &str, what: String| vec![StandardFault::new(place, what)];
    let file: PositionsToml = toml::from_str(text).map_err(|e| fault(POSITIONS_FILE, e.to_string()))?;
    let mut positions = Positions::new();
    for (name, position) in file.roles {
        let key: Key = name.parse().map_err(|e| fault(&name, format!("{e}")))?;
        let acting = forms(&position.acting).map_err(|what| fault(&name, what))?;
        positions.insert(key, Position { title: position.label, rank: position.rank, acting });
    }
    Ok(positions)
}

fn forms(words: &[String]) -> Result<BTreeSet<Form>, String> {
    words.iter().map(|word| word.parse().map_err(|e| format!("{e}"))).collect()
}

/// Turns what TOML holds into a draft, and notes what it can't.
struct Reading {
    faults: Vec<StandardFault>,
}

impl Reading {
    fn take<T, E: std::fmt::Display>(&mut self, place: &str, value: Result<T, E>) -> Option<T> {
        value.map_err(|e| self.faults.push(StandardFault::new(place, e.to_string()))).ok()
    }
    fn key(&mut self, place: &str, text: &str) -> Option<Key> {
        let key = text.parse::<Key>();
        self.take(place, key)
    }
    fn keys(&mut self, place: &str, texts: &[String]) -> Vec<Key> {
        texts.iter().filter_map(|text| self.key(place, text)).collect()
    }
    fn maybe_key(&mut self, place: &str, text: Option<&String>) -> Option<Key> {
        text.and_then(|text| self.key(place, text))
    }

    fn draft(&mut self, file: FileToml) -> Option<Draft> {
        if file.format != FORMAT {
            let what = format!("format {:?} is not {FORMAT:?}", file.format);
            self.faults.push(StandardFault::new("file", what));
        }
        let sla = file.sla.map(|sla| self.sla(&sla));
        let requirements = file.requirement.into_iter().filter_map(|r| self.requirement(r)).collect();
        let documents = file.document.into_iter().filter_map(|d| self.document(d)).collect();
        let steps = file.step.into_iter().filter_map(|s| self.step(s)).collect();
        let ends = file.end.into_iter().filter_map(|e| self.end(e)).collect();
        Some(Draft {
            id: self.key("service", &file.service.id)?,
            version: file.service.version,
            title: file.service.title.into(),
            unit: file.service.unit,
            family: file.service.family,
            applicants: file.service.applicants,
            fee_idr: file.standard.get("fee").and_then(toml::Value::as_integer).and_then(|fee| u64::try_from(fee).ok()),
            sla,
            requirements,
            documents,
            steps,
            ends,
        })
    }

    fn sla(&mut self, sla: &SlaToml) -> Sla {
        // "sum" and "unstated" are words of the format: the norms of the steps, or no promise.
        let target = match sla.target.as_deref() {
            None | Some("sum" | "unstated") => None,
            Some(text) => self.take("sla", text.parse::<WorkTime>()),
        };
        Sla {
            target,
            calendar: sla.calendar.clone().unwrap_or_else(|| "office".into()),
            starts_at: self.maybe_key("sla", sla.starts_at.as_ref()),
            stops_at: self.maybe_key("sla", sla.stops_at.as_ref()),
            pauses_in: self.keys("sla", &sla.pauses_in),
        }
    }

    fn requirement(&mut self, requirement: RequirementToml) -> Option<Requirement> {
        Some(Requirement {
            id: self.key("requirement", &requirement.id)?,
            kind: requirement.kind,
            label: requirement.label.into(),
            only_for: requirement.only_for,
        })
    }

    fn document(&mut self, document: DocumentToml) -> Option<Document> {
        let id = self.key("document", &document.id)?;
        let place = format!("document {id}");
        Some(Document {
            label: document.label.into(),
            series: document.series,
            paraf: self.keys(&place, &document.paraf),
            signer: self.maybe_key(&place, document.signer.as_ref()),
            id,
        })
    }

    fn step(&mut self, step: StepToml) -> Option<Step> {
        let id = self.key("step", &step.id)?;
        let place = format!("step {id}");
        let action = Action::read(&step.action).ok_or_else(|| format!("action {:?} is unknown", step.action));
        let gates = step.gate.iter().filter_map(|gate| match gate.strip_prefix("not_before:") {
            Some(step) => self.key(&place, step).map(Gate::NotBefore),
            None => self.key(&place, gate).map(Gate::Fact),
        });
        let gates = gates.collect();
        Some(Step {
            phase: step.phase,
            actor: self.key(&place, &step.actor)?,
            with: self.keys(&place, &step.with),
            action: self.take(&place, action)?,
            src: step.src,
            needs: self.keys(&place, &step.needs),
            yields: self.keys(&place, &step.yields),
            gates,
            notify: self.keys(&place, &step.notify),
            archive: step.archive,
            delegable: self.take(&place, forms(&step.delegable)).unwrap_or_default(),
            edges: step.to.into_iter().filter_map(|edge| self.edge(&place, edge)).collect(),
            timers: step.timer.into_iter().filter_map(|timer| self.timer(&place, timer)).collect(),
            norm: step.norm.and_then(|norm| self.take(&place, norm.parse::<WorkTime>())),
            books: step.books.and_then(|books| self.books(&place, &books)),
            checklist: step.checklist,
            evidence: self.keys(&place, &step.evidence),
            parallel_with: self.maybe_key(&place, step.parallel_with.as_ref()),
            inferred: step.inferred,
            id,
        })
    }

    fn books(&mut self, place: &str, books: &BooksToml) -> Option<Books> {
        let mode =
            Booked::read(&books.mode).ok_or_else(|| format!("books mode {:?} is no hold or confirm", books.mode));
        let resource = self.key(place, &books.resource)?;
        Some(Books { resource, mode: self.take(place, mode)? })
    }

    fn kind(&mut self, place: &str, word: Option<&str>) -> EdgeKind {
        let Some(word) = word else { return EdgeKind::Next };
        let known = EdgeKind::ALL.map(EdgeKind::as_str).join(", ");
        let kind = EdgeKind::read(word).ok_or_else(|| format!("kind {word:?} is none of {known}"));
        self.take(place, kind).unwrap_or_default()
    }

    fn edge(&mut self, place: &str, edge: EdgeToml) -> Option<Edge> {
        let kind = self.kind(place, edge.kind.as_deref());
        let to = self.key(place, &edge.step)?;
        Some(Edge { to, when: edge.when, label: edge.label.map(Text::from), kind, inferred: edge.inferred })
    }

    fn timer(&mut self, place: &str, timer: TimerToml) -> Option<Timer> {
        let kind = self.kind(place, timer.kind.as_deref());
        let after = self.take(place, timer.after.parse::<WorkTime>())?;
        Some(Timer { after, to: self.maybe_key(place, timer.to.as_ref()), kind })
    }

    fn end(&mut self, end: EndToml) -> Option<End> {
        let id = self.key("end", &end.id)?;
        let outcome = self.key(&format!("end {id}"), &end.outcome)?;
        Some(End { id, outcome, needs_reason: end.needs_reason })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PositionsToml {
    roles: BTreeMap<String, PositionToml>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PositionToml {
    label: String,
    rank: u32,
    #[serde(default)]
    acting: Vec<String>,
}

#[derive(Deserialize)]
struct TextToml {
    id: String,
    en: String,
}

impl From<TextToml> for Text {
    fn from(text: TextToml) -> Text {
        Text::new(text.id, text.en)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileToml {
    format: String,
    service: ServiceToml,
    /// The fourteen components of a published standard: kept in the file for people, but for the fee.
    #[serde(default)]
    standard: toml::Table,
    sla: Option<SlaToml>,
    #[serde(default)]
    requirement: Vec<RequirementToml>,
    #[serde(default)]
    document: Vec<DocumentToml>,
    step: Vec<StepToml>,
    end: Vec<EndToml>,
}

/// Keys beyond these say where the text comes from.
#[derive(Deserialize)]
struct ServiceToml {
    id: String,
    version: u32,
    title: TextToml,
    unit: String,
    family: String,
    #[serde(default)]
    applicants: Vec<String>,
}

#[derive(Deserialize)]
struct SlaToml {
    target: Option<String>,
    calendar: Option<String>,
    starts_at: Option<String>,
    stops_at: Option<String>,
    #[serde(default)]
    pauses_in: Vec<String>,
}

#[derive(Deserialize)]
struct RequirementToml {
    id: String,
    kind: String,
    label: TextToml,
    #[serde(default, rename = "for")]
    only_for: Vec<String>,
}

#[derive(Deserialize)]
struct DocumentToml {
    id: String,
    label: TextToml,
    series: Option<String>,
    #[serde(default)]
    paraf: Vec<String>,
    signer: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StepToml {
    id: String,
    phase: Option<String>,
    actor: String,
    #[serde(default)]
    with: Vec<String>,
    action: String,
    src: Option<String>,
    #[serde(default)]
    needs: Vec<String>,
    #[serde(default)]
    yields: Vec<String>,
    #[serde(default)]
    gate: Vec<String>,
    #[serde(default)]
    notify: Vec<String>,
    #[serde(default)]
    archive: bool,
    #[serde(default)]
    delegable: Vec<String>,
    to: Vec<EdgeToml>,
    #[serde(default)]
    timer: Vec<TimerToml>,
    norm: Option<String>,
    books: Option<BooksToml>,
    #[serde(default)]
    evidence: Vec<String>,
    #[serde(default)]
    checklist: Vec<String>,
    parallel_with: Option<String>,
    #[serde(default)]
    inferred: bool,
    // Known to the format, not yet acted on: they are for people and for services that book rooms and crews.
    #[serde(default, rename = "actor_inferred")]
    _actor_inferred: bool,
    #[serde(rename = "multi")]
    _multi: Option<toml::Value>,
    #[serde(rename = "join")]
    _join: Option<toml::Value>,
    #[serde(rename = "every")]
    _every: Option<toml::Value>,
    #[serde(rename = "channels")]
    _channels: Option<toml::Value>,
}

/// Keys beyond these say by which rule: a booking never overlaps another, whatever the file says.
#[derive(Deserialize)]
struct BooksToml {
    resource: String,
    mode: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EdgeToml {
    step: String,
    when: Option<String>,
    kind: Option<String>,
    label: Option<TextToml>,
    #[serde(default)]
    inferred: bool,
}

#[derive(Deserialize)]
struct TimerToml {
    after: String,
    to: Option<String>,
    kind: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EndToml {
    id: String,
    outcome: String,
    #[serde(default)]
    needs_reason: bool,
    #[serde(default, rename = "inferred")]
    _inferred: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built_in() -> Positions {
        read_positions(POSITIONS).unwrap()
    }
    fn faults(from: &str, to: &str) -> String {
        assert!(VIDEOTRON.contains(from), "{from}");
        let faults = parse(&VIDEOTRON.replacen(from, to, 1), &built_in()).unwrap_err();
        faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn the_built_in_standard_and_its_neighbours_hold() {
        let standard = parse(VIDEOTRON, &built_in()).unwrap();
        assert_eq!(standard.as_written().steps.len(), 10);
        let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/sop");
        let Ok(files) = std::fs::read_dir(shared) else { return };
        let mut read = 0;
        for path in files.map(|f| f.unwrap().path()) {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if name.ends_with(".toml") && !name.starts_with('_') {
                assert_eq!(check(&path, &built_in()).err(), None, "{name}");
                read += 1;
            }
        }
        assert_eq!(read, 13);
    }

    #[test]
    fn every_kind_of_fault_is_named_with_its_place() {
        for (from, to, want) in [
            ("format = \"sop/1\"", "format = \"sop/2\"", "file: format \"sop/2\" is not \"sop/1\""),
            ("family = \"airtime\"", "family = \"tv\"", "service: family \"tv\" is none of"),
            ("actor = \"ds.verif_konten\"", "actor = \"ds.boss\"", "step verify: ds.boss is no position"),
            ("action = \"verify\"", "action = \"look\"", "step verify: action \"look\" is unknown"),
            ("needs = [\"letter\"", "needs = [\"stamp\"", "step submit: needs stamp"),
            ("yields = [\"approval\"]", "yields = [\"stamp\"]", "step approve: yields stamp"),
            ("to = [ { step = \"register\" } ]", "to = [ { step = \"nowhere\" } ]", "leads to nowhere"),
            ("kind = \"return\"", "kind = \"back\"", "step verify: kind \"back\" is none of"),
            ("after = \"10wd\"", "after = \"soon\"", "step revise: \"soon\" is not a length of time"),
            ("starts_at = \"register\"", "starts_at = \"birth\"", "sla: names birth"),
            ("id = \"monitor\"", "id = \"air\"", "step air: the name is used twice"),
            ("\"not_before:approve\"", "\"not_before:lunch\"", "step process: names lunch"),
            ("to = [ { step = \"monitor\" } ]", "to = [ { step = \"air\" } ]", "step monitor: no way leads to it"),
            ("to = [ { step = \"monitor\" } ]", "to = [ { step = \"air\" } ]", "step air: no way leads from it"),
            ("signer = \"ds.kadis\"", "signer = \"ds.kadis\"\nparaf = [\"ext.dukcapil\"]", "initials go upwards"),
            ("action = \"register\"", "action = \"sign\"", "step register: ds.bag_umum has rank 10"),
            ("archive = true", "archived = true", "unknown field `archived`"),
            ("when = \"fixable\"", "when = \"Conforms!\"", "step verify: two edges whose when reads the same"),
        ] {
            let said = faults(from, to);
            assert!(said.contains(want), "{to}: wanted {want:?} in\n{said}");
        }
    }

    #[test]
    fn a_home_may_override_the_built_in_standard() {
        let home = tempfile::tempdir().unwrap();
        assert_eq!(videotron(home.path()).unwrap().text, VIDEOTRON);
        std::fs::create_dir(home.path().join("sop")).unwrap();
        let own = VIDEOTRON.replacen("target = \"3h\"", "target = \"1wd\"", 1);
        std::fs::write(home.path().join("sop").join(VIDEOTRON_FILE), &own).unwrap();
        assert_eq!(videotron(home.path()).unwrap().text, own);
    }
}
