//! What was found along a clip, drawn: small pictures, a lane for each kind of finding, and a curve of its loudness. What
//! the drawing shows stands in a table below it as well.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use super::Web;
use super::case::case_file;
use super::page::Visit;
use super::problem::Problem;
use super::session::{Can, Enter};
use crate::desk::cases::CaseFile;
use crate::domain::asset::LoudnessCurve;
use crate::domain::channel::HouseFormat;
use crate::domain::ids::CaseId;
use crate::domain::text::{Lang, decimal};
use crate::domain::timeline::{MarkKind, Timeline};

/// Units of the drawing across; the page scales it.
const WIDE: u64 = 1000;
/// Height of a lane, and of the curve.
const LANE: u64 = 16;
const CURVE: u64 = 100;
/// Quietest and loudest that the curve shows, tenths of LUFS.
const QUIETEST: i16 = -600;
/// Narrowest mark that is still seen.
const NARROWEST: u64 = 4;

#[derive(Template)]
#[template(path = "timeline.html")]
struct TimelinePart {
    id: CaseId,
    heading: String,
    what: String,
    stills: Vec<(u64, String)>,
    lanes: Vec<Lane>,
    height: u64,
    curve: Option<Curve>,
    rows: Vec<MarkRow>,
    from: String,
    to: String,
}

struct Lane {
    kind: &'static str,
    y: u64,
    marks: Vec<(u64, u64)>,
}

struct Curve {
    top: u64,
    points: String,
    target_y: u64,
    words: String,
}

struct MarkRow {
    words: String,
    from: String,
    to: String,
}

/// The drawing for a request's newest file; `None` while there is nothing to draw.
pub(super) fn drawn(found: &CaseFile, visit: &Visit) -> Option<String> {
    let timeline = found.timeline.as_ref().filter(|timeline| timeline.duration_ms > 0)?;
    let lang = visit.lang;
    let lanes = lanes(timeline);
    let top = lanes.len() as u64 * LANE;
    let curve = curve(&timeline.curve, timeline.duration_ms, top).map(|(points, target_y)| Curve {
        top,
        points,
        target_y,
        words: visit.t("timeline-loudness"),
    });
    let rows = timeline.marks.iter().map(|mark| MarkRow {
        words: mark_words(mark.kind, visit),
        from: clock(mark.span.start_ms, lang),
        to: clock(mark.span.end_ms, lang),
    });
    let part = TimelinePart {
        id: found.row.id,
        heading: visit.t("timeline"),
        what: visit.t("timeline-what"),
        stills: found.stills.iter().map(|at| (*at, clock(*at, lang))).collect(),
        height: (top + if curve.is_some() { CURVE } else { 0 }).max(1),
        lanes,
        curve,
        rows: rows.collect(),
        from: visit.t("timeline-from"),
        to: visit.t("timeline-to"),
    };
    part.render().ok()
}

fn mark_words(kind: MarkKind, visit: &Visit) -> String {
    match kind {
        MarkKind::Flashing => visit.t("mark-flashing"),
        MarkKind::DoubtfulFlashing => visit.t("mark-doubtful"),
        MarkKind::Black => visit.t("mark-black"),
        MarkKind::Frozen => visit.t("mark-frozen"),
        MarkKind::Levels => visit.t("mark-levels"),
        MarkKind::Silent => visit.t("mark-silent"),
        MarkKind::Phase => visit.t("mark-phase"),
    }
}

fn lanes(timeline: &Timeline) -> Vec<Lane> {
    let x = |ms: u64| (ms.min(timeline.duration_ms) * WIDE) / timeline.duration_ms;
    let mut lanes: Vec<Lane> = Vec::new();
    for kind in MarkKind::ALL {
        let of_kind = timeline.marks.iter().filter(|mark| mark.kind == *kind);
        let marks: Vec<(u64, u64)> = of_kind
            .map(|mark| {
                let (from, to) = (x(mark.span.start_ms), x(mark.span.end_ms));
                (from.min(WIDE - NARROWEST), (to - from.min(to)).max(NARROWEST))
            })
            .collect();
        if !marks.is_empty() {
            lanes.push(Lane { kind: kind.as_str(), y: lanes.len() as u64 * LANE, marks });
        }
    }
    lanes
}

/// The points of the curve, and where the house's loudness lies.
fn curve(curve: &LoudnessCurve, duration_ms: u64, top: u64) -> Option<(String, u64)> {
    let y = |tenths: i16| top + CURVE - (u64::from(tenths.clamp(QUIETEST, 0).abs_diff(QUIETEST)) * CURVE) / 600;
    let points: Vec<String> = curve
        .tenths
        .iter()
        .enumerate()
        .map(|(number, tenths)| {
            let at_ms = curve.start_ms + (number as u64 + 1) * u64::from(curve.step_ms);
            format!("{},{}", (at_ms * WIDE / duration_ms).min(WIDE), y(*tenths))
        })
        .collect();
    let target = (HouseFormat::DEFAULT.loudness_lufs * 10.0) as i16;
    (points.len() > 1).then(|| (points.join(" "), y(target)))
}

/// `1:05,2`.
fn clock(ms: u64, lang: Lang) -> String {
    let tenths = ms / 100;
    #[expect(clippy::cast_precision_loss, reason = "less than a minute in tenths")]
    let seconds = (tenths % 600) as f64 / 10.0;
    let padding = if seconds < 10.0 { "0" } else { "" };
    format!("{}:{padding}{}", tenths / 600, decimal(seconds, 1, lang))
}

/// `GET /requests/{id}/still/{at_ms}`: a small picture of the clip, our own.
pub(super) async fn still(
    State(web): State<Web>,
    can: Can<Enter>,
    Path((id, at_ms)): Path<(i64, u64)>,
) -> Result<Response, Problem> {
    let found = case_file(&web, &can, id).await?;
    let submission = found.newest().id;
    let jpeg = web.ask(move |desk| desk.still(submission, at_ms)).await?;
    Ok(([(CONTENT_TYPE, "image/jpeg")], jpeg.ok_or(Problem::NotFound)?).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::asset::MsSpan;
    use crate::domain::timeline::Mark;

    #[test]
    fn what_was_found_lies_where_it_is_in_the_clip_and_is_never_too_narrow_to_see() {
        let mark = |kind, start_ms, end_ms| Mark { span: MsSpan { start_ms, end_ms }, kind };
        let marks = vec![mark(MarkKind::Black, 0, 2500), mark(MarkKind::Flashing, 9999, 10_000)];
        let timeline = Timeline { duration_ms: 10_000, marks, curve: LoudnessCurve::default() };
        let lanes = lanes(&timeline);
        assert_eq!((lanes[0].kind, lanes[0].y, lanes[0].marks.as_slice()), ("flashing", 0, &[(996, 4)][..]));
        assert_eq!((lanes[1].kind, lanes[1].y, lanes[1].marks.as_slice()), ("black", 16, &[(0, 250)][..]));
    }

    #[test]
    fn the_curve_goes_from_silence_at_the_bottom_to_full_scale_at_the_top() {
        let loud = LoudnessCurve { start_ms: 0, step_ms: 500, tenths: vec![-600, -230, 0] };
        assert_eq!(curve(&loud, 2000, 0), Some(("250,100 500,39 750,0".into(), 39)));
        assert_eq!(curve(&LoudnessCurve::default(), 2000, 0), None);
    }

    #[test]
    fn a_place_in_a_clip_is_written_as_people_read_it() {
        assert_eq!((clock(65_250, Lang::Id), clock(9_900, Lang::En)), ("1:05,2".into(), "0:09.9".into()));
    }
}
