//! The videotron's standard, and its neighbours', walked by the procedure engine.

#![allow(clippy::unwrap_used, reason = "a story that can not go on fails")]

use proptest::prelude::*;
use siaran::domain::people::Form;
use siaran::domain::standard::{APPLICANT, Gate, Key, ServiceStandard};
use siaran::domain::text::Text;
use siaran::engine::procedure::{Act, Case, Facts, Refused, Who};
use siaran::files::sop;

fn key(text: &str) -> Key {
    text.parse().unwrap()
}
fn videotron() -> ServiceStandard {
    sop::videotron(std::path::Path::new("/nowhere")).unwrap().standard
}
fn in_position(actor: &str, form: Form) -> Who {
    Who::Person { positions: [(key(actor), form)].into(), is_applicant: actor == APPLICANT }
}
fn does(actor: &str) -> Who {
    in_position(actor, Form::Definitif)
}
/// Everything that any gate or need of the standard asks for.
fn all_facts(standard: &ServiceStandard) -> Facts {
    let written = standard.as_written();
    let facts = written.steps.iter().flat_map(|s| &s.gates).filter_map(|gate| match gate {
        Gate::Fact(fact) => Some(fact.clone()),
        Gate::NotBefore(_) => None,
    });
    Facts { met: written.requirements.iter().map(|r| r.id.clone()).collect(), facts: facts.collect() }
}
fn act<'a>(step: &'a str, choice: Option<&'a str>, reason: Option<&'a str>) -> Act<'a> {
    Act { step, choice, reason, version: None }
}
fn walk<'s>(standard: &'s ServiceStandard, acts: &[(&str, &str, Option<&str>, Option<&str>)]) -> Case<'s> {
    let (mut case, facts) = (Case::begin(standard), all_facts(standard));
    for (actor, step, choice, reason) in acts {
        let done = case.act(act(step, *choice, *reason), &does(actor), &facts);
        case.apply(&done.unwrap_or_else(|refused| panic!("{step}: {}", refused.text().en)));
    }
    case
}

#[test]
fn a_request_that_conforms_walks_from_the_letter_to_the_report() {
    let standard = videotron();
    let case = walk(
        &standard,
        &[
            ("applicant", "submit", None, None),
            ("ds.bag_umum", "register", None, None),
            ("ds.verif_konten", "verify", Some("conforms"), None),
            ("ds.kadis", "approve", Some("approved"), None),
            ("ds.teknis_vt", "process", Some("playable"), None),
            ("ds.jadwal_vt", "schedule", None, None),
            ("ds.operator_vt", "air", None, None),
            ("ds.monitor_vt", "monitor", None, None),
            ("ds.monitor_vt", "evaluate", None, None),
        ],
    );
    assert!(case.has_ended());
    assert_eq!(standard.end(case.at()).unwrap().outcome, key("fulfilled"));
}

#[test]
fn a_return_undoes_what_lay_behind_so_the_gate_of_processing_closes_again() {
    let standard = videotron();
    let mut case = walk(
        &standard,
        &[
            ("applicant", "submit", None, None),
            ("ds.bag_umum", "register", None, None),
            ("ds.verif_konten", "verify", Some("conforms"), None),
            ("ds.kadis", "approve", Some("approved"), None),
        ],
    );
    assert!(case.is_done(&key("approve")));
    let facts = Facts::default();
    let back = act("process", Some("source-unusable"), Some("gambar rusak pada detik 12"));
    let done = case.act(back, &does("ds.teknis_vt"), &facts).unwrap();
    case.apply(&done);
    assert_eq!((case.at(), case.is_done(&key("approve"))), (&key("revise"), false));
}

#[test]
fn whoever_is_not_stated_may_not_act_and_is_told_who_may() {
    let standard = videotron();
    let case = walk(&standard, &[("applicant", "submit", None, None), ("ds.bag_umum", "register", None, None)]);
    let facts = all_facts(&standard);
    for who in [does("ds.kadis"), does("applicant"), Who::Installation] {
        let refused = case.act(act("verify", Some("conforms"), None), &who, &facts).unwrap_err();
        assert_eq!(
            refused,
            Refused::NotYours { title: Text::new("Tim Verifikasi Konten", "Content verification team") }
        );
    }
    let early = case.act(act("approve", Some("approved"), None), &does("ds.kadis"), &facts).unwrap_err();
    assert_eq!(early.text().id, "Permohonan ini menunggu langkah verify: Verifikasi.");
}

#[test]
fn returning_and_refusing_want_a_reason_and_the_letter_its_parts() {
    let standard = videotron();
    let case = Case::begin(&standard);
    let refused = case.act(act("submit", None, None), &does("applicant"), &Facts::default()).unwrap_err();
    assert!(refused.text().id.starts_with("Belum lengkap: Permohonan tertulis"), "{refused:?}");
    let case = walk(&standard, &[("applicant", "submit", None, None), ("ds.bag_umum", "register", None, None)]);
    let verifier = does("ds.verif_konten");
    let facts = all_facts(&standard);
    let say = |choice, reason| case.act(act("verify", choice, reason), &verifier, &facts);
    assert_eq!(say(Some("fixable"), Some("  ")), Err(Refused::ReasonWanted));
    assert_eq!(say(Some("prohibited"), None), Err(Refused::ReasonWanted));
    assert!(matches!(say(None, None), Err(Refused::ChoiceWanted { .. })));
    assert!(matches!(say(Some("maybe"), None), Err(Refused::NoSuchChoice { .. })));
    assert_eq!(say(Some("rejected"), Some("iklan")).unwrap().outcome, Some(key("rejected")));
    let stale = Act { version: Some(1), ..act("verify", Some("conforms"), None) };
    assert_eq!(case.act(stale, &verifier, &facts), Err(Refused::Changed));
}

#[test]
fn an_acting_head_may_sign_where_the_standard_says_so_and_only_there() {
    let to_the_head = [
        ("applicant", "submit", None, None),
        ("ds.bag_umum", "register", None, None),
        ("ds.verif_konten", "verify", Some("conforms"), None),
    ];
    let standard = videotron();
    let case = walk(&standard, &to_the_head);
    assert_eq!(case.may_act(&in_position("ds.kadis", Form::Plh)), Ok(Form::Plh));
    let text = sop::VIDEOTRON.replace("delegable = [\"plh\", \"plt\"]", "delegable = [\"plt\"]");
    let strict = sop::parse(&text, &sop::positions(std::path::Path::new("/nowhere")).unwrap()).unwrap();
    let case = walk(&strict, &to_the_head);
    assert!(matches!(case.may_act(&in_position("ds.kadis", Form::Plh)), Err(Refused::FormMayNot { .. })));
}

#[test]
fn the_gate_of_processing_opens_when_the_house_file_is_there_and_fits() {
    let standard = videotron();
    let case = walk(
        &standard,
        &[
            ("applicant", "submit", None, None),
            ("ds.bag_umum", "register", None, None),
            ("ds.verif_konten", "verify", Some("conforms"), None),
            ("ds.kadis", "approve", Some("approved"), None),
        ],
    );
    let mut facts = all_facts(&standard);
    facts.facts.remove(&key("loudness_ok"));
    let refused = case.act(act("process", Some("playable"), None), &does("ds.teknis_vt"), &facts).unwrap_err();
    assert_eq!(refused.text().en, "The loudness of the house file is out of bounds. Process it again.");
}

/// Every standard that is at hand: the built-in one, and the neighbours' where they are.
fn standards() -> Vec<ServiceStandard> {
    let positions = sop::positions(std::path::Path::new("/nowhere")).unwrap();
    let shared = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/sop");
    let files = std::fs::read_dir(shared).into_iter().flatten().map(|f| f.unwrap().path());
    let files = files.filter(|p| p.extension().is_some_and(|e| e == "toml"));
    let files = files.filter(|p| !p.file_name().unwrap().to_string_lossy().starts_with('_'));
    let mut standards: Vec<_> = files.map(|p| sop::check(&p, &positions).unwrap()).collect();
    standards.push(videotron());
    standards
}

proptest! {
    #[test]
    fn on_any_walk_a_case_is_never_stuck_and_only_the_stated_actor_moves_it(choices in prop::collection::vec(0usize..8, 0..60)) {
        for standard in standards() {
            let (mut case, facts) = (Case::begin(&standard), all_facts(&standard));
            let mut moves = Vec::new();
            for choice in &choices {
                let Some(step) = case.step() else { break };
                let offers = case.offers();
                prop_assert!(!offers.is_empty(), "stuck at {}", step.id);
                let offer = &offers[choice % offers.len()];
                let wanted = act(step.id.as_str(), Some(&offer.key), Some("alasan"));
                for other in standard.as_written().steps.iter().filter(|s| s.actor != step.actor) {
                    let refused = case.act(wanted, &does(other.actor.as_str()), &facts);
                    prop_assert!(matches!(refused, Err(Refused::NotYours { .. })), "{refused:?}");
                }
                let done = case.act(wanted, &does(step.actor.as_str()), &facts);
                prop_assert!(done.is_ok(), "{}: {done:?}", step.id);
                let done = done.unwrap();
                prop_assert_eq!(&done.to, &offer.to);
                case.apply(&done);
                moves.push((done.from, done.to, done.kind));
            }
            let again = Case::replay(&standard, moves).unwrap();
            prop_assert_eq!((again.at(), again.version()), (case.at(), case.version()));
            for step in &standard.as_written().steps {
                prop_assert_eq!(again.is_done(&step.id), case.is_done(&step.id));
            }
        }
    }
}
