//! Pages on which the scheduling team decides for days to come: rules of a channel, rules of a request, day modes, an
//! office's weight, and what would give a request or an office more. Each says what it costs before it is saved.

pub(super) mod modes;
pub(super) mod office;
pub(super) mod request;
pub(super) mod rules;
pub(super) mod why;

use super::page::Visit;
use crate::desk::planning::Cost;
use crate::domain::rules::Weekdays;
use crate::domain::text::{Lang, decimal};

/// What a decision costs, for people.
pub(super) struct CostShown {
    /// Title, plays before, plays after, and by how many that differs, with its sign.
    pub affected: Vec<(String, String, u32, u32, String)>,
    /// What is reckoned: its name, before, after.
    pub figures: Vec<(String, String, String)>,
    /// Contradictions.
    pub faults: Vec<String>,
    /// Nothing changes.
    pub nothing: bool,
}

/// Requests shown of those that gain or lose; the greatest losses come first.
const MOST_SHOWN: usize = 40;

impl CostShown {
    pub(super) fn of(cost: &Cost, visit: &Visit) -> CostShown {
        let hours = |ms: u64| decimal(ms as f64 / 3_600_000.0, 1, visit.lang);
        let percent = |per_mille: u32| format!("{} %", decimal(f64::from(per_mille) / 10.0, 1, visit.lang));
        let (before, after) = (cost.before, cost.after);
        let figures = vec![
            (visit.t1("cost-plays", "days", cost.days), before.plays.to_string(), after.plays.to_string()),
            (visit.t("cost-hours"), hours(before.booked_ms), hours(after.booked_ms)),
            (visit.t("cost-least"), percent(before.least_per_mille), percent(after.least_per_mille)),
        ];
        let affected = cost.affected.iter().take(MOST_SHOWN).map(|a| {
            let change = i64::from(a.after) - i64::from(a.before);
            (a.case.to_string(), a.title.clone(), a.before, a.after, format!("{change:+}"))
        });
        CostShown {
            affected: affected.collect(),
            nothing: cost.affected.is_empty() && cost.faults.is_empty() && before == after,
            figures,
            faults: cost.faults.iter().map(|(_, text)| text.get(visit.lang).to_owned()).collect(),
        }
    }
}

/// A day of the week on a form.
pub(super) struct DayBox {
    pub word: &'static str,
    pub label: String,
    pub on: bool,
}

/// Every day of the week, with those that hold ticked.
pub(super) fn day_boxes(days: Weekdays, lang: Lang) -> Vec<DayBox> {
    let names = match lang {
        Lang::Id => ["Sen", "Sel", "Rab", "Kam", "Jum", "Sab", "Min"],
        Lang::En => ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
    };
    let on: Vec<&str> = days.words().collect();
    let boxes = Weekdays::WORDS.into_iter().zip(names);
    boxes.map(|(word, label)| DayBox { word, label: label.into(), on: on.contains(&word) }).collect()
}
