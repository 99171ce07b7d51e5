//! What was found along a clip, drawn: small pictures, a lane for each kind of finding, and a curve of its loudness. What
//! the drawing shows stands in a table below it as well.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use super::Web;
use super::case::{airing_of, case_file};
use super::page::Visit;
use super::problem::Problem;
use super::session::{Can, Enter};
use crate::desk::matter::Airing;
use crate::domain::asset::LoudnessCurve;
use crate::domain::channel::HouseFormat;
use crate::domain::ids::CaseId;
use crate::domain::text::{Lang, decimal};
use crate::domain::timeline::{Mark, MarkKind, Timeline};

/// Units of the drawing across; the page scales it.
const WIDE: u64 = 1000;
/// Height of a lane, and of the curve.
const LANE: u64 = 16;
const CURVE: u64 = 100;
/// Quietest and loudest that the curve shows, tenths of LUFS.
const QUIETEST: i16 = -600;
/// Narrowest mark that is still seen.
const NARROWEST: u64 = 4;
/// Most rows in which the curve is told in numbers.
const MOST_LOUD_ROWS: usize = 24;

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
    place: String,
}

struct Lane {
    kind: &'static str,
    y: u64,
    marks: Vec<Drawn>,
}

/// A mark on its lane, and the place in the clip to which it leads.
#[derive(Debug, PartialEq, Eq)]
struct Drawn {
    x: u64,
    width: u64,
    start_ms: u64,
}

struct Curve {
    top: u64,
    points: String,
    target_y: u64,
    words: String,
    /// What it shows, in a sentence and in numbers.
    loudest: String,
    rows: Vec<(String, String)>,
    rows_head: String,
    rows_value: String,
}

struct MarkRow {
    words: String,
    start_ms: u64,
    from: String,
    to: String,
    /// Where the place can be looked at: in the preview, or in the row of pictures.
    place: Option<String>,
    still: Option<u64>,
}

/// The drawing for a request's newest file; `None` while there is nothing to draw. Where there is a preview, each mark
/// leads to its place in it.
pub(super) fn drawn(airing: &Airing, has_preview: bool, visit: &Visit) -> Option<String> {
    let timeline = airing.timeline.as_ref().filter(|timeline| timeline.duration_ms > 0)?;
    let lang = visit.lang;
    let lanes = lanes(timeline);
    let top = lanes.len() as u64 * LANE;
    let curve = curve(&timeline.curve, timeline.duration_ms, top).map(|(points, target_y)| Curve {
        top,
        points,
        target_y,
        words: visit.t("timeline-loudness"),
        loudest: loudest(&timeline.curve).map_or_else(String::new, |(at_ms, tenths)| {
            format!("{}: {} ({})", visit.t("timeline-loudest"), lufs(tenths, lang), clock(at_ms, lang))
        }),
        rows: loud_rows(&timeline.curve).map(|(at_ms, tenths)| (clock(at_ms, lang), lufs(tenths, lang))).collect(),
        rows_head: visit.t("timeline-numbers"),
        rows_value: visit.t("timeline-loudest"),
    });
    let id = airing.newest().case;
    let rows = timeline.marks.iter().map(|mark| {
        let still = still_of(mark, &airing.stills);
        let place = match has_preview {
            true => Some(format!("/requests/{id}/preview#t={}", decimal_seconds(mark.span.start_ms))),
            false => still.map(|at| format!("#still-{at}")),
        };
        MarkRow {
            words: mark_words(mark.kind, visit),
            start_ms: mark.span.start_ms,
            from: clock(mark.span.start_ms, lang),
            to: clock(mark.span.end_ms, lang),
            place,
            still,
        }
    });
    let part = TimelinePart {
        id,
        heading: visit.t("timeline"),
        what: visit.t("timeline-what"),
        stills: airing.stills.iter().map(|at| (*at, clock(*at, lang))).collect(),
        height: (top + if curve.is_some() { CURVE } else { 0 }).max(1),
        lanes,
        curve,
        rows: rows.collect(),
        from: visit.t("timeline-from"),
        to: visit.t("timeline-to"),
        place: visit.t("timeline-place"),
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

/// The first picture that shows what was found.
fn still_of(mark: &Mark, stills: &[u64]) -> Option<u64> {
    stills.iter().copied().find(|at| (mark.span.start_ms..mark.span.end_ms).contains(at))
}

/// Seconds as an address has them (W3C Media Fragments, section 4.2.1).
fn decimal_seconds(ms: u64) -> String {
    format!("{}.{:03}", ms / 1000, ms % 1000)
}

fn lanes(timeline: &Timeline) -> Vec<Lane> {
    let x = |ms: u64| (ms.min(timeline.duration_ms) * WIDE) / timeline.duration_ms;
    let mut lanes: Vec<Lane> = Vec::new();
    for kind in MarkKind::ALL {
        let of_kind = timeline.marks.iter().filter(|mark| mark.kind == *kind);
        let marks: Vec<Drawn> = of_kind
            .map(|mark| {
                let (from, to) = (x(mark.span.start_ms), x(mark.span.end_ms));
                let width = (to - from.min(to)).max(NARROWEST);
                Drawn { x: from.min(WIDE - NARROWEST), width, start_ms: mark.span.start_ms }
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
        .map(|(number, tenths)| format!("{},{}", (heard_at(curve, number) * WIDE / duration_ms).min(WIDE), y(*tenths)))
        .collect();
    let target = (HouseFormat::DEFAULT.loudness_lufs * 10.0) as i16;
    (points.len() > 1).then(|| (points.join(" "), y(target)))
}

/// Up to when a value of the curve listens.
fn heard_at(curve: &LoudnessCurve, number: usize) -> u64 {
    curve.start_ms + (number as u64 + 1) * u64::from(curve.step_ms)
}

/// The loudest place and how loud it is, tenths of LUFS.
fn loudest(curve: &LoudnessCurve) -> Option<(u64, i16)> {
    let values = curve.tenths.iter().enumerate().rev();
    values.max_by_key(|(_, tenths)| **tenths).map(|(number, tenths)| (heard_at(curve, number), *tenths))
}

/// The curve in numbers: pieces of equal length, where each begins, and the loudest in it.
fn loud_rows(curve: &LoudnessCurve) -> impl Iterator<Item = (u64, i16)> {
    let each = curve.tenths.len().div_ceil(MOST_LOUD_ROWS).max(1);
    let start_ms = move |piece: usize| curve.start_ms + (piece * each) as u64 * u64::from(curve.step_ms);
    let pieces = curve.tenths.chunks(each).enumerate();
    pieces.filter_map(move |(piece, tenths)| Some((start_ms(piece), *tenths.iter().max()?)))
}

/// `-23,0 LUFS`; what is at the bottom of the curve is that quiet or quieter.
fn lufs(tenths: i16, lang: Lang) -> String {
    let sign = if tenths <= QUIETEST { "≤ " } else { "" };
    format!("{sign}{} LUFS", decimal(f64::from(tenths) / 10.0, 1, lang))
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
    let submission = airing_of(&found)?.newest().id;
    let jpeg = web.ask(move |desk| desk.still(submission, at_ms)).await?;
    Ok(([(CONTENT_TYPE, "image/jpeg")], jpeg.ok_or(Problem::NotFound)?).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::asset::MsSpan;

    #[test]
    fn what_was_found_lies_where_it_is_in_the_clip_and_is_never_too_narrow_to_see() {
        let mark = |kind, start_ms, end_ms| Mark { span: MsSpan { start_ms, end_ms }, kind };
        let marks = vec![mark(MarkKind::Black, 0, 2500), mark(MarkKind::Flashing, 9999, 10_000)];
        let timeline = Timeline { duration_ms: 10_000, marks, curve: LoudnessCurve::default() };
        let lanes = lanes(&timeline);
        let drawn = |x, width, start_ms| vec![Drawn { x, width, start_ms }];
        assert_eq!((lanes[0].kind, lanes[0].y, &lanes[0].marks), ("flashing", 0, &drawn(996, 4, 9999)));
        assert_eq!((lanes[1].kind, lanes[1].y, &lanes[1].marks), ("black", 16, &drawn(0, 250, 0)));
    }

    #[test]
    fn the_curve_goes_from_silence_at_the_bottom_to_full_scale_at_the_top() {
        let loud = LoudnessCurve { start_ms: 0, step_ms: 500, tenths: vec![-600, -230, 0] };
        assert_eq!(curve(&loud, 2000, 0), Some(("250,100 500,39 750,0".into(), 39)));
        assert_eq!(curve(&LoudnessCurve::default(), 2000, 0), None);
    }

    #[test]
    fn the_curve_is_told_in_a_sentence_and_in_a_few_rows_of_numbers() {
        let tenths = (0..100_i16).map(|n| if n == 70 { -85 } else { -300 - n }).collect();
        let long = LoudnessCurve { start_ms: 400, step_ms: 100, tenths };
        assert_eq!(loudest(&long), Some((7500, -85)));
        let rows: Vec<_> = loud_rows(&long).collect();
        assert_eq!((rows.len(), rows[0], rows[14]), (20, (400, -300), (7400, -85)));
        assert_eq!((lufs(-85, Lang::Id), lufs(-600, Lang::En)), ("-8,5 LUFS".into(), "≤ -60.0 LUFS".into()));
        assert_eq!((loudest(&LoudnessCurve::default()), loud_rows(&LoudnessCurve::default()).count()), (None, 0));
    }

    #[test]
    fn a_mark_has_the_first_picture_that_lies_in_it() {
        let mark = Mark { span: MsSpan { start_ms: 2000, end_ms: 3000 }, kind: MarkKind::Black };
        assert_eq!(still_of(&mark, &[500, 2250, 2500]), Some(2250));
        assert_eq!(still_of(&mark, &[500, 3000]), None);
        assert_eq!(decimal_seconds(62_005), "62.005");
    }

    #[test]
    fn a_place_in_a_clip_is_written_as_people_read_it() {
        assert_eq!((clock(65_250, Lang::Id), clock(9_900, Lang::En)), ("1:05,2".into(), "0:09.9".into()));
    }
}
