//! The form of a request: the letter's details as a person types them, read into what a desk takes.

use axum::extract::multipart::Field;
use serde::Deserialize;

use super::page::{FormErrors, Visit};
use super::problem::Problem;
use crate::desk::{Desk, Refusal};
use crate::domain::asset::Framing;
use crate::domain::submission::{LetterDetails, USUAL_PLAYS_PER_DAY};
use crate::domain::text::Text;
use crate::domain::time::{BroadcastDate, TimeOfDay};

/// Longest text of one field, bytes: the longest description in the widest characters.
const MOST_FIELD_BYTES: usize = 20_000;

/// The form as it was typed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct LetterForm {
    pub title: String,
    pub number: String,
    pub date: String,
    pub description: String,
    pub play_s: String,
    pub plays_per_day: String,
    pub days: String,
    pub first_day: String,
    pub last_day: String,
    pub from: String,
    pub to: String,
    pub channel: String,
    /// How a picture of another shape is shown; empty: as the channel usually does.
    pub framing: String,
    /// The office for which staff enter a paper letter; empty: the person's own.
    pub office: String,
    /// The version of the request that is being mended; empty for a new one.
    pub version: String,
    /// What names this form since its last page was shown; empty before.
    pub form: String,
}

impl LetterForm {
    /// Ways in which a picture of another shape can be shown: word, what it does, and whether it is chosen.
    pub(super) fn framings(&self, visit: &Visit) -> Vec<(&'static str, String, bool)> {
        let row = |way: Framing| (way.as_str(), way.text().get(visit.lang).to_owned(), self.framing == way.as_str());
        Framing::ALL.into_iter().map(row).collect()
    }

    /// An empty form with what is usual filled in.
    pub(super) fn usual() -> LetterForm {
        LetterForm { plays_per_day: USUAL_PLAYS_PER_DAY.to_string(), ..LetterForm::default() }
    }

    /// The form that says what a letter says.
    pub(super) fn of(letter: &LetterDetails, channel: &str, version: u32) -> LetterForm {
        let (from, to) = letter.preferred_hours.map_or_else(Default::default, |(from, to)| (hm(from), hm(to)));
        LetterForm {
            title: letter.title.clone(),
            number: letter.number.clone(),
            date: letter.date.to_string(),
            description: letter.description.clone(),
            play_s: letter.play_s.to_string(),
            plays_per_day: letter.plays_per_day.to_string(),
            days: letter.days.to_string(),
            first_day: letter.first_day.to_string(),
            last_day: letter.last_day.to_string(),
            from,
            to,
            channel: channel.to_owned(),
            framing: letter.framing.map(Framing::as_str).unwrap_or_default().to_owned(),
            office: String::new(),
            version: version.to_string(),
            form: String::new(),
        }
    }

    /// Every field with its name, to travel hidden from one page to the next.
    pub(super) fn fields(&self) -> [(&'static str, &str); 16] {
        [
            ("title", &self.title),
            ("number", &self.number),
            ("date", &self.date),
            ("description", &self.description),
            ("play_s", &self.play_s),
            ("plays_per_day", &self.plays_per_day),
            ("days", &self.days),
            ("first_day", &self.first_day),
            ("last_day", &self.last_day),
            ("from", &self.from),
            ("to", &self.to),
            ("channel", &self.channel),
            ("framing", &self.framing),
            ("office", &self.office),
            ("version", &self.version),
            ("form", &self.form),
        ]
    }

    /// Takes one field of an upload; one that is none of the form's is read and left.
    pub(super) async fn take(&mut self, field: Field<'_>) -> Result<(), Problem> {
        let name = field.name().unwrap_or_default().to_owned();
        let text = short_text(field).await?;
        self.set(&name, text);
        Ok(())
    }

    /// Sets one field; a name that is none of the form's is left.
    pub(super) fn set(&mut self, name: &str, text: String) {
        let slot = match name {
            "title" => &mut self.title,
            "number" => &mut self.number,
            "date" => &mut self.date,
            "description" => &mut self.description,
            "play_s" => &mut self.play_s,
            "plays_per_day" => &mut self.plays_per_day,
            "days" => &mut self.days,
            "first_day" => &mut self.first_day,
            "last_day" => &mut self.last_day,
            "from" => &mut self.from,
            "to" => &mut self.to,
            "channel" => &mut self.channel,
            "framing" => &mut self.framing,
            "office" => &mut self.office,
            "version" => &mut self.version,
            "form" => &mut self.form,
            _ => return,
        };
        *slot = text;
    }

    /// What the form says, or what is wrong with it, field by field.
    pub(super) fn read(&self, visit: &Visit, desk: &Desk) -> Result<LetterDetails, FormErrors> {
        let mut errors = FormErrors::default();
        let number = |text: &str| text.trim().parse::<u32>().unwrap_or(0);
        let mut date = |field: &'static str, text: &str| -> Option<BroadcastDate> {
            let read = text.trim().parse().ok();
            if read.is_none() {
                errors.add(field, visit.t("letter-date-wanted"));
            }
            read
        };
        let dates = (date("date", &self.date), date("first_day", &self.first_day), date("last_day", &self.last_day));
        let preferred_hours = match (self.from.trim(), self.to.trim()) {
            ("", "") => None,
            (from, to) => match (from.parse::<TimeOfDay>(), to.parse::<TimeOfDay>()) {
                (Ok(from), Ok(to)) => Some((from, to)),
                _ => {
                    errors.add("preferred_hours", visit.t("letter-hours-wanted"));
                    None
                }
            },
        };
        let (Some(date), Some(first_day), Some(last_day)) = dates else { return Err(errors) };
        let letter = LetterDetails {
            title: self.title.trim().to_owned(),
            number: self.number.trim().to_owned(),
            date,
            description: self.description.trim().replace("\r\n", "\n"),
            play_s: number(&self.play_s),
            plays_per_day: number(&self.plays_per_day),
            // Nobody who means every day should have to count them.
            days: match self.days.trim() {
                "" => u32::try_from((last_day.0 - first_day.0).num_days() + 1).unwrap_or(0),
                text => number(text),
            },
            first_day,
            last_day,
            preferred_hours,
            framing: Framing::read(&self.framing),
        };
        let not_found = || Refusal::NotFound { what: Text::new("Saluran itu", "That channel") };
        match self.channel.parse().map_err(|_| not_found()).and_then(|channel| desk.letter_faults(&letter, &channel)) {
            Ok(faults) => faults.into_iter().for_each(|f| errors.add(f.field, f.text.get(visit.lang))),
            Err(refusal) => errors.add("channel", refusal.text().get(visit.lang)),
        }
        if errors.is_empty() { Ok(letter) } else { Err(errors) }
    }
}

fn hm(time: TimeOfDay) -> String {
    time.to_string().chars().take(5).collect()
}

/// The text of a short field of an upload.
pub(super) async fn short_text(mut field: Field<'_>) -> Result<String, Problem> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(|_| Problem::Unreadable)? {
        if bytes.len() + chunk.len() > MOST_FIELD_BYTES {
            return Err(Problem::Unreadable);
        }
        bytes.extend_from_slice(&chunk);
    }
    String::from_utf8(bytes).map_err(|_| Problem::Unreadable)
}
