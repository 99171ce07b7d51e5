//! What the agency's documents state, read from the files themselves, beside what the pages offer at each step.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use siaran::desk::review::WantedAct;
use siaran::domain::ids::{CaseId, PersonId};
use siaran::domain::people::Role;
use siaran::domain::submission::CheckPoint;

use crate::pages::Pages;
use crate::sessions::{hold_session, wanted};
use crate::world::World;

/// A way on as the file states it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Way {
    key: String,
    to: String,
    kind: String,
}

/// A step as the file states it.
struct Stated {
    actor: String,
    action: String,
    ways: Vec<Way>,
}

/// The file's steps, read without the program's own reader.
fn stated(file: &str) -> (String, BTreeMap<String, Stated>) {
    let text =
        std::fs::read_to_string(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("sop").join(file)).unwrap();
    let file: toml::Table = toml::from_str(&text).unwrap();
    let word = |table: &toml::Table, key: &str| table.get(key).and_then(toml::Value::as_str).map(str::to_owned);
    let plain = |when: &str| {
        let spaced: String =
            when.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { ' ' }).collect();
        spaced.split_whitespace().collect::<Vec<_>>().join("-")
    };
    let steps = file["step"].as_array().unwrap().iter().map(|step| {
        let step = step.as_table().unwrap();
        let way = |edge: &toml::Value| {
            let edge = edge.as_table().unwrap();
            let to = word(edge, "step").unwrap();
            let key = word(edge, "when").map_or_else(|| to.clone(), |when| plain(&when));
            Way { key, to, kind: word(edge, "kind").unwrap_or_else(|| "next".into()) }
        };
        let ways = step["to"].as_array().unwrap().iter().map(way).collect();
        let (actor, action) = (word(step, "actor").unwrap(), word(step, "action").unwrap());
        (word(step, "id").unwrap(), Stated { actor, action, ways })
    });
    (word(file["service"].as_table().unwrap(), "id").unwrap(), steps.collect())
}

/// The shortest way to a step: the steps that are done on it, with the way on that each takes.
fn path_to(steps: &BTreeMap<String, Stated>, first: &str, goal: &str) -> Vec<(String, Way)> {
    let mut seen = BTreeSet::from([first.to_owned()]);
    let mut open = VecDeque::from([(first.to_owned(), Vec::new())]);
    while let Some((at, path)) = open.pop_front() {
        if at == goal {
            return path;
        }
        for way in steps.get(&at).into_iter().flat_map(|step| &step.ways) {
            if seen.insert(way.to.clone()) {
                let mut longer: Vec<(String, Way)> = path.clone();
                longer.push((at.clone(), way.clone()));
                open.push_back((way.to.clone(), longer));
            }
        }
    }
    panic!("no way to {goal}");
}

/// Files a request and takes it to a step, as the file says.
fn case_at(world: &World, service: &str, steps: &BTreeMap<String, Stated>, goal: &str) -> CaseId {
    let case = if service == "ds.videotron" {
        world.request(goal.as_bytes()).case
    } else {
        // Each on a day of its own, for one studio holds one session at a time.
        let mut asked = wanted(world, service);
        let earlier = world.desk.cases(&world.person(Role::Admin)).unwrap().len();
        asked.letter.wanted_at += chrono::TimeDelta::weeks(i64::try_from(earlier).unwrap());
        world.desk.file_session(world.id(Role::Office), asked).unwrap()
    };
    world.work();
    for (step, way) in path_to(steps, "submit", goal) {
        if world.step(case) != step {
            continue; // it was done by filing
        }
        if steps[&step].action == "execute" && service != "ds.videotron" {
            hold_session(world, case);
        }
        let role = Role::of_actor(&steps[&step].actor).unwrap();
        let checklist = CheckPoint::ALL.into_iter().map(|point| (point, true)).collect();
        let listed = world.desk.any_case_file(case).unwrap().step().unwrap().checklist.clone();
        let act = WantedAct {
            step,
            choice: Some(way.key),
            reason: Some("Menurut berkas layanan".into()),
            checklist: (service == "ds.videotron" && role == Role::Verifier).then_some(checklist),
            ticked: listed.into_iter().collect(),
            ..WantedAct::default()
        };
        world.desk.act(world.id(role), case, act).unwrap();
        world.work();
    }
    assert_eq!(world.step(case), goal);
    case
}

/// Ways on that the page of a request offers to somebody; a corrected letter is one.
fn offered(pages: &Pages<'_>, by: PersonId, case: CaseId, stated: &Stated) -> BTreeSet<String> {
    let page = pages.ask(Some(by), &format!("/requests/{case}")).words();
    let buttons = page.split("name=\"choice\" value=\"").skip(1).filter_map(|rest| rest.split('"').next());
    let mut keys: BTreeSet<String> = buttons.map(str::to_owned).collect();
    let mends = [format!("/requests/{case}/revise\""), format!("/requests/{case}/session\"")];
    if mends.iter().any(|link| page.contains(link)) {
        let next = stated.ways.iter().filter(|way| way.kind == "next");
        keys.extend(next.map(|way| way.key.clone()));
    }
    keys
}

#[test]
fn the_pages_offer_at_each_step_what_the_three_services_documents_state_and_to_nobody_else() {
    let world = World::new();
    let pages = Pages::of(&world);
    for file in ["ds-videotron.toml", "ds-talkshow.toml", "ds-podcast.toml"] {
        let (service, steps) = stated(file);
        // Filing is the applicant's first step, and the register's number is drawn by itself.
        let by_hand = steps.iter().filter(|(_, step)| !matches!(step.action.as_str(), "submit" | "register"));
        for (name, step) in by_hand {
            let case = case_at(&world, &service, &steps, name);
            let actor = Role::of_actor(&step.actor).unwrap();
            let wanted: BTreeSet<String> = step.ways.iter().map(|way| way.key.clone()).collect();
            assert_eq!(offered(&pages, world.id(actor), case, step), wanted, "{service} {name}: {actor}");
            // Who carries a session out records what the applicant does before his eyes.
            let witnessed = matches!(step.action.as_str(), "prepare" | "hand_over" | "attend");
            for role in Role::ALL.iter().filter(|role| **role != actor) {
                if witnessed && *role == Role::StudioOperator {
                    continue;
                }
                let others = offered(&pages, world.id(*role), case, step);
                assert_eq!(others, BTreeSet::new(), "{service} {name}: {role}");
            }
            let found = world.desk.any_case_file(case).unwrap();
            for offer in found.case().unwrap().offers() {
                let way = step.ways.iter().find(|way| way.key == offer.key).unwrap();
                assert_eq!(
                    (way.to.as_str(), way.kind.as_str()),
                    (offer.to.as_str(), offer.kind.as_str()),
                    "{service} {name}"
                );
            }
        }
    }
}
