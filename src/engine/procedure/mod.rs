//! One case of a service standard: where it stands, who may act, what may follow, and what a given act does.
//!
//! ```text
//! step ──act by the stated actor──▶ step … ──▶ end
//!   │            ▲
//!   └──return────┘  with a reason; undoes what lay behind
//! ```
//!
//! Not here: who holds which position today, what the facts are, and where anything is kept.

mod refused;

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::people::Form;
use crate::domain::standard::{APPLICANT, Action, Edge, EdgeKind, Gate, Key, ServiceStandard, Step, WorkTime};
use crate::domain::text::Text;

pub use refused::Refused;

/// A case at one moment.
#[derive(Debug, Clone)]
pub struct Case<'s> {
    standard: &'s ServiceStandard,
    at: Key,
    version: u32,
    done: BTreeSet<Key>,
}

/// Who wants to act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// A person, with the positions held at this moment.
    Person {
        /// Actors of the standard, and how each is held.
        positions: BTreeMap<Key, Form>,
        /// Whether he or she speaks for the office that asked.
        is_applicant: bool,
    },
    /// Somebody who carries the service out and records what its applicant does before his or her eyes: prepares,
    /// hands over, comes or does not. The record names the witness's position, not the applicant.
    Witness {
        /// The witness's position.
        actor: Key,
        /// How it is held.
        form: Form,
    },
    /// The installation itself: registers what came in complete, and nothing that wants judgement.
    Installation,
}

/// What the installation itself may do.
const AUTOMATIC: [Action; 2] = [Action::Submit, Action::Register];
/// What a witness may record: an applicant who stands in the studio, or does not, is not sent to a page first.
const WITNESSED: [Action; 3] = [Action::Prepare, Action::HandOver, Action::Attend];

/// What is known at this moment, beyond the case's own history.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// Requirements that are met.
    pub met: BTreeSet<Key>,
    /// Facts that gates ask for.
    pub facts: BTreeSet<Key>,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Act<'a> {
    /// The step that is done, as the person saw it.
    pub step: &'a str,
    /// Which way on; may be left out where there is one.
    pub choice: Option<&'a str>,
    /// Why.
    pub reason: Option<&'a str>,
    /// The version of the case that the person saw; `None` takes the present one.
    pub version: Option<u32>,
}

/// One way on that is offered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// What names it in commands and forms.
    pub key: String,
    /// For the button.
    pub label: Text,
    /// The step or end to which it leads.
    pub to: Key,
    /// What it means.
    pub kind: EdgeKind,
    /// Whether it wants a reason.
    pub wants_reason: bool,
}

/// What an act does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// The step that is done.
    pub from: Key,
    /// The step or end that follows.
    pub to: Key,
    /// The way on that was taken.
    pub choice: String,
    /// What that means.
    pub kind: EdgeKind,
    /// In which position it was done.
    pub actor: Key,
    /// How that is held.
    pub form: Form,
    /// Why, without blanks around it.
    pub reason: Option<String>,
    /// Documents that come of it.
    pub yields: Vec<Key>,
    /// Who is to be told.
    pub notify: Vec<Key>,
    /// How the case ended, if it did.
    pub outcome: Option<Key>,
    /// The case's version afterwards.
    pub version: u32,
}

/// Whether a step is a rung of the ladder of initials.
fn is_rung(step: &Step) -> bool {
    matches!(step.action, Action::Initial | Action::Sign)
}

/// Longest reason, characters.
pub const MAX_REASON_CHARS: usize = 2000;

impl<'s> Case<'s> {
    /// A new case, at the standard's first step.
    pub fn begin(standard: &'s ServiceStandard) -> Case<'s> {
        Case { standard, at: standard.first().id.clone(), version: 0, done: BTreeSet::new() }
    }

    /// A case as its moves left it.
    ///
    /// # Errors
    /// The first move that does not fit the standard, by its version.
    pub fn replay(
        standard: &'s ServiceStandard,
        moves: impl IntoIterator<Item = (Key, Key, EdgeKind)>,
    ) -> Result<Case<'s>, u32> {
        let mut case = Case::begin(standard);
        for (from, to, kind) in moves {
            let next = case.version + 1;
            if from != case.at || (standard.step(&to).is_none() && standard.end(&to).is_none()) {
                return Err(next);
            }
            case.go(&from, &to, kind);
        }
        Ok(case)
    }

    /// Where it stands: a step, or an end.
    pub fn at(&self) -> &Key {
        &self.at
    }
    /// Moves so far.
    pub fn version(&self) -> u32 {
        self.version
    }
    /// The step that waits to be done; `None` if the case has ended.
    pub fn step(&self) -> Option<&'s Step> {
        self.standard.step(&self.at)
    }
    /// Whether it has ended.
    pub fn has_ended(&self) -> bool {
        self.step().is_none()
    }
    /// Whether a step was done and no return led back behind it.
    pub fn is_done(&self, step: &Key) -> bool {
        self.done.contains(step)
    }

    /// The ways on from where it stands.
    pub fn offers(&self) -> Vec<Offer> {
        let Some(step) = self.step() else { return Vec::new() };
        step.edges
            .iter()
            .map(|edge| Offer {
                key: edge.key(),
                label: self.label(step, edge),
                to: edge.to.clone(),
                kind: edge.kind,
                wants_reason: self.wants_reason(edge),
            })
            .collect()
    }

    /// Whether `who` may act on the step that waits, and in which form the position is held.
    ///
    /// # Errors
    /// Why not.
    pub fn may_act(&self, who: &Who) -> Result<Form, Refused> {
        self.acts_as(who).map(|(_, form)| form)
    }

    /// In which position `who` acts on the step that waits, and in which form it is held.
    fn acts_as(&self, who: &Who) -> Result<(Key, Form), Refused> {
        let step = self.step().ok_or(Refused::Ended)?;
        let not_yours = || Refused::NotYours { title: self.standard.actor_text(&step.actor) };
        let as_stated = |form| Ok((step.actor.clone(), form));
        match who {
            Who::Installation if AUTOMATIC.contains(&step.action) => as_stated(Form::Definitif),
            Who::Installation => Err(not_yours()),
            Who::Person { is_applicant: true, .. } if step.actor.as_str() == APPLICANT => as_stated(Form::Definitif),
            Who::Person { .. } if step.actor.as_str() == APPLICANT => Err(not_yours()),
            Who::Witness { actor, form } if self.is_witnessed() && self.is_witness(actor) => Ok((actor.clone(), *form)),
            Who::Witness { .. } => Err(not_yours()),
            Who::Person { positions, .. } => {
                let form = *positions.get(&step.actor).ok_or_else(not_yours)?;
                let by_hand_only = matches!(step.action, Action::Sign | Action::Initial);
                if form == Form::Definitif || !by_hand_only || step.delegable.contains(&form) {
                    as_stated(form)
                } else {
                    Err(Refused::FormMayNot { form, title: self.standard.actor_text(&step.actor) })
                }
            }
        }
    }

    /// Whether the step that waits is one that an applicant does before the eyes of those who carry the service out.
    pub fn is_witnessed(&self) -> bool {
        self.step().is_some_and(|step| step.actor.as_str() == APPLICANT && WITNESSED.contains(&step.action))
    }

    /// Whether a position carries the service out, and so sees what the applicant does.
    pub fn is_witness(&self, actor: &Key) -> bool {
        let mut steps = self.standard.as_written().steps.iter();
        steps.any(|step| step.action == Action::Execute && step.actor == *actor)
    }

    /// The rungs above the one that waits that `who` climbs by the same act: whoever initials and may also give the next
    /// initials or the signature does so once for all of them. None where `who` may not act at all.
    pub fn rungs_above(&self, who: &Who) -> Vec<&'s Step> {
        let mut above = Vec::new();
        let mut case = self.clone();
        while let Some(step) = case.step().filter(|step| step.action == Action::Initial && case.may_act(who).is_ok()) {
            let Some(up) = step.edges.iter().find(|edge| edge.kind == EdgeKind::Next) else { break };
            case.go(&step.id, &up.to, up.kind);
            match case.step().filter(|next| is_rung(next) && case.may_act(who).is_ok()) {
                Some(next) if !above.iter().any(|known: &&Step| known.id == next.id) => above.push(next),
                _ => break,
            }
        }
        above
    }

    /// What an act would do, with every rung above that the same person climbs by it: see [`Case::rungs_above`]. The
    /// first move is the act's own; no rung is left out.
    ///
    /// # Errors
    /// Why it may not be done.
    pub fn act_up(&self, act: Act<'_>, who: &Who, facts: &Facts) -> Result<Vec<Move>, Refused> {
        let above = self.rungs_above(who);
        let mut moves = vec![self.act(act, who, facts)?];
        if moves[0].kind != EdgeKind::Next {
            return Ok(moves);
        }
        let mut case = self.clone();
        for step in above {
            if let Some(last) = moves.last() {
                case.apply(last);
            }
            let up = step.edges.iter().find(|edge| edge.kind == EdgeKind::Next).map(Edge::key);
            let act = Act { step: step.id.as_str(), choice: up.as_deref(), reason: None, version: None };
            moves.push(case.act(act, who, facts)?);
        }
        Ok(moves)
    }

    /// What an act would do. The case itself stays as it is: the caller stores the move, then [`Case::apply`]s it.
    ///
    /// # Errors
    /// Why it may not be done.
    pub fn act(&self, act: Act<'_>, who: &Who, facts: &Facts) -> Result<Move, Refused> {
        let step = self.step().ok_or(Refused::Ended)?;
        if act.version.is_some_and(|version| version != self.version) {
            return Err(Refused::Changed);
        }
        if act.step != step.id.as_str() {
            return Err(Refused::NotThisStep { at: step.id.clone(), action: step.action.text() });
        }
        let (actor, form) = self.acts_as(who)?;
        let edge = self.choose(step, act.choice)?;
        let reason = act.reason.map(str::trim).filter(|r| !r.is_empty());
        if reason.is_none() && self.wants_reason(edge) {
            return Err(Refused::ReasonWanted);
        }
        if reason.is_some_and(|r| r.chars().count() > MAX_REASON_CHARS) {
            return Err(Refused::ReasonTooLong);
        }
        if edge.kind == EdgeKind::Next {
            self.ready(step, facts)?;
        }
        let goes_on = edge.kind == EdgeKind::Next;
        Ok(Move {
            from: step.id.clone(),
            to: edge.to.clone(),
            choice: edge.key(),
            kind: edge.kind,
            actor,
            form,
            reason: reason.map(str::to_owned),
            yields: if goes_on { step.yields.clone() } else { Vec::new() },
            notify: if goes_on { step.notify.clone() } else { Vec::new() },
            outcome: self.standard.end(&edge.to).map(|end| end.outcome.clone()),
            version: self.version + 1,
        })
    }

    /// What happens by itself at the step that waits, once `is_over` says so of a time that one of its timers gives.
    ///
    /// # Errors
    /// Refused if the case has ended, or no timer is over that leads anywhere.
    pub fn lapse(&self, is_over: impl Fn(WorkTime) -> bool) -> Result<Move, Refused> {
        let step = self.step().ok_or(Refused::Ended)?;
        let mut over = step.timers.iter().filter(|timer| is_over(timer.after));
        let (kind, to) = over.find_map(|timer| Some((timer.kind, timer.to.clone()?))).ok_or(Refused::Changed)?;
        Ok(Move {
            from: step.id.clone(),
            outcome: self.standard.end(&to).map(|end| end.outcome.clone()),
            choice: to.to_string(),
            to,
            kind,
            actor: step.actor.clone(),
            form: Form::Definitif,
            reason: None,
            yields: Vec::new(),
            notify: Vec::new(),
            version: self.version + 1,
        })
    }

    /// Carries a move out.
    pub fn apply(&mut self, done: &Move) {
        self.go(&done.from, &done.to, done.kind);
    }

    fn go(&mut self, from: &Key, to: &Key, kind: EdgeKind) {
        self.version += 1;
        match kind {
            EdgeKind::Return => {
                // What was done from the step returned to onwards has to be done again.
                let order = |key: &Key| self.standard.as_written().steps.iter().position(|s| s.id == *key);
                let back_to = order(to);
                self.done.retain(|step| order(step) < back_to);
            }
            _ => {
                self.done.insert(from.clone());
            }
        }
        self.at = to.clone();
    }

    fn choose(&self, step: &'s Step, choice: Option<&str>) -> Result<&'s Edge, Refused> {
        let keys = || step.edges.iter().map(Edge::key).collect::<Vec<_>>();
        let Some(choice) = choice else {
            return match &step.edges[..] {
                [only] => Ok(only),
                edges => edges.iter().find(|e| e.when.is_none()).ok_or_else(|| Refused::ChoiceWanted { keys: keys() }),
            };
        };
        let by_key = step.edges.iter().find(|e| e.key() == choice || e.when.as_deref() == Some(choice));
        by_key
            .or_else(|| step.edges.iter().find(|e| e.to.as_str() == choice))
            .ok_or_else(|| Refused::NoSuchChoice { given: choice.chars().take(40).collect(), keys: keys() })
    }

    fn ready(&self, step: &Step, facts: &Facts) -> Result<(), Refused> {
        let missing: Vec<Text> = step
            .needs
            .iter()
            .filter(|need| !facts.met.contains(*need))
            .filter_map(|need| self.standard.requirement(need).map(|r| r.label.clone()))
            .collect();
        if !missing.is_empty() {
            return Err(Refused::Missing { missing });
        }
        let closed = step.gates.iter().find(|gate| match gate {
            Gate::NotBefore(step) => !self.is_done(step),
            Gate::Fact(fact) => !facts.facts.contains(fact),
        });
        closed.map_or(Ok(()), |gate| Err(Refused::Gate { gate: gate.clone() }))
    }

    fn wants_reason(&self, edge: &Edge) -> bool {
        edge.kind.wants_reason() || self.standard.end(&edge.to).is_some_and(|end| end.needs_reason)
    }

    fn label(&self, step: &Step, edge: &Edge) -> Text {
        let words = || edge.when.as_ref().map(|when| Text::new(when.clone(), when.clone()));
        edge.label.clone().or_else(words).unwrap_or_else(|| step.action.text())
    }
}
