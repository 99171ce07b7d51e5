//! Another operator takes over a session, from the page of its day.

use axum::Form;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};

use super::day::page_of;
use super::{given, text, zone};
use crate::desk::studio::{BookingFile, Handover};
use crate::desk::{Desk, DeskError, Refusal};
use crate::domain::ids::{BookingId, PersonId};
use crate::domain::people::Person;
use crate::domain::studio::Progress;
use crate::domain::time::BroadcastDate;
use crate::web::Web;
use crate::web::page::FormErrors;
use crate::web::problem::Problem;
use crate::web::session::{BookStudios, Can};

/// Who operates and who could instead, as choices: number and name.
pub(super) struct Operators {
    pub now: Vec<(PersonId, String)>,
    pub free: Vec<(PersonId, String)>,
}

/// Of a session that is not over; `None` where nobody operates it.
///
/// # Errors
/// When the database would not.
pub(super) fn of(desk: &Desk, file: &BookingFile) -> Result<Option<Operators>, DeskError> {
    let booking = &file.booking;
    let open = matches!(file.log.progress(), Progress::Waiting | Progress::Running { .. });
    if !booking.state.keeps() || !open || booking.operators.is_empty() {
        return Ok(None);
    }
    let now = booking.operators.iter().copied().zip(file.operators.iter().cloned()).collect();
    let free = desk.operators_for(booking.id)?.into_iter().map(|person: Person| (person.id, person.name)).collect();
    Ok(Some(Operators { now, free }))
}

/// `POST /studios/bookings/{id}/operator`
pub(in crate::web) async fn hand_over(
    State(web): State<Web>,
    can: Can<BookStudios>,
    Path(id): Path<i64>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let (form, id, by) = (given(pairs), BookingId(id), can.id());
    let file = web.ask(move |desk| desk.booking(id)).await?;
    let day = BroadcastDate(zone(&web).local(file.booking.session.start()).date());
    let number = |name: &str| text(&form, name).parse().map(PersonId).map_err(|_| Problem::Unreadable);
    let handover = Handover {
        leaves: number("leaves")?,
        takes: number("takes")?,
        reason: text(&form, "reason").to_owned(),
        version: text(&form, "version").parse().ok(),
    };
    match web.blocking(move |desk| desk.hand_over(by, id, handover)).await? {
        Ok(_) => Ok(Redirect::to(&format!("/studios/day/{day}?done=handed#b{id}")).into_response()),
        Err(DeskError::Refused(Refusal::Studio(refusal))) => {
            let mut errors = FormErrors::default();
            errors.add("main", refusal.text().get(can.visit.lang));
            page_of(&web, &can, day, None, errors).await
        }
        Err(other) => Err(other.into()),
    }
}
