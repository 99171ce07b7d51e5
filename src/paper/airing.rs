//! The airing report (*laporan penayangan*): what was promised, what aired, when, how well, and why not if not.

use serde_json::{Value, json};

use super::{Block, Paper, column};
use crate::desk::letters::position;
use crate::desk::reporting::{AiringReport, OralAired, Subject};
use crate::domain::as_run::AirKind;
use crate::domain::oral::OralEnd;
use crate::domain::people::Role;
use crate::domain::text::{Lang, Text, date_in_words, instant_in_words};
use crate::domain::time::{Instant, Zone};
use crate::engine::reconcile::{Aired, Airing, Discrepancy, Totals};

/// Sets the report as a document.
pub fn paper(report: &AiringReport, letterhead: &[String]) -> Paper {
    let mut blocks = vec![Block::Facts(facts(report))];
    blocks.push(Block::Heading(Text::new("Ringkasan", "Summary")));
    blocks.push(Block::Words(verdict(&report.totals)));
    blocks.push(Block::Facts(sums(&report.totals, report.zone)));
    for day in &report.days {
        blocks.push(Block::Table {
            caption: Text::new(
                format!("{}, revisi {}", date_in_words(day.date, Lang::Id), day.revision),
                format!("{}, revision {}", date_in_words(day.date, Lang::En), day.revision),
            ),
            columns: vec![
                column("Rencana", "Planned", 13),
                column("Tayang", "On air", 15),
                column("Klip", "Clip", 20),
                column("Pemohon", "Applicant", 17),
                column("Hasil", "Result", 11),
                column("Keterangan", "Remarks", 24),
            ],
            rows: day.items.iter().map(|aired| row(report, aired)).collect(),
        });
        if !day.discrepancies.is_empty() {
            blocks.push(Block::Heading(Text::new("Di luar rencana", "Beside the plan")));
            for discrepancy in &day.discrepancies {
                blocks.push(Block::Words(beside(discrepancy, report.zone)));
            }
        }
    }
    if report.days.is_empty() {
        blocks
            .push(Block::Words(Text::new("Belum ada jadwal yang diterbitkan.", "No playlist has been published yet.")));
    }
    if !report.orals.is_empty() {
        blocks.push(Block::Heading(Text::new("Atas persetujuan lisan", "On an oral approval")));
        blocks.extend(report.orals.iter().map(|aired| Block::Words(on_oral(aired, report.zone))));
    }
    blocks.push(Block::Heading(Text::new("Gangguan", "Incidents")));
    if report.incidents.is_empty() {
        blocks.push(Block::Words(Text::new("Tidak ada gangguan tercatat.", "No incident was recorded.")));
    }
    for incident in &report.incidents {
        let at = |lang| instant_in_words(incident.opened_at, report.zone, lang);
        blocks.push(Block::Words(Text::new(
            format!("{}: {}", at(Lang::Id), incident.text.id),
            format!("{}: {}", at(Lang::En), incident.text.en),
        )));
    }
    if matches!(report.subject, Subject::Request(_)) {
        conclusion(report, &mut blocks);
    }
    Paper { letterhead: letterhead.to_vec(), title: title(report), made_at: report.made_at, blocks }
}

/// What aired on whose word, and what became of that.
fn on_oral(OralAired { oral, title, plays, never_confirmed }: &OralAired, zone: Zone) -> Text {
    let (said, until) =
        (|lang| instant_in_words(oral.said_at, zone, lang), |lang| instant_in_words(oral.alone().end(), zone, lang));
    let who = |lang| position(oral.form, Role::Head.text().get(lang));
    let end = match (&oral.end, never_confirmed) {
        (Some(OralEnd::Confirmed { .. }), _) => {
            Text::new("Sejak itu berlaku persetujuan tertulis.", "From then on the written approval held.")
        }
        (_, true) => Text::new("Tidak pernah dikukuhkan secara tertulis.", "It was never confirmed in writing."),
        (_, false) => Text::new("Menunggu persetujuan tertulis.", "It waits for the written approval."),
    };
    Text::new(
        format!(
            "{title}: tayang {plays} kali atas persetujuan lisan {}, {} ({}, {}), sampai {}. {}",
            oral.head_name,
            who(Lang::Id),
            oral.way.text().id,
            said(Lang::Id),
            until(Lang::Id),
            end.id
        ),
        format!(
            "{title}: aired {plays} times on an oral approval of {}, {} ({}, {}), until {}. {}",
            oral.head_name,
            who(Lang::En),
            oral.way.text().en,
            said(Lang::En),
            until(Lang::En),
            end.en
        ),
    )
}

fn title(report: &AiringReport) -> Text {
    match &report.subject {
        Subject::Request(request) => {
            Text::new(format!("Laporan Penayangan: {}", request.title), format!("Airing report: {}", request.title))
        }
        Subject::Day(date) => Text::new(
            format!("Laporan Penayangan {}, {}", report.channel_title, date_in_words(*date, Lang::Id)),
            format!("Airing report {}, {}", report.channel_title, date_in_words(*date, Lang::En)),
        ),
    }
}

fn facts(report: &AiringReport) -> Vec<(Text, String)> {
    let mut facts = Vec::new();
    if let Subject::Request(request) = &report.subject {
        let day = |date| date_in_words(date, Lang::Id);
        let none = || "–".to_owned();
        let number = if request.letter_number.is_empty() { none() } else { request.letter_number.clone() };
        facts.extend([
            (Text::new("Pemohon", "Applicant"), request.office.clone()),
            (Text::new("Klip", "Clip"), request.title.clone()),
            (Text::new("Surat permohonan", "Letter"), format!("{number}, {}", day(request.letter_date))),
            (Text::new("Nomor agenda", "Register number"), request.agenda.clone().unwrap_or_else(none)),
            (Text::new("Nomor persetujuan", "Approval"), request.approval_number.clone().unwrap_or_else(none)),
            (Text::new("Masa tayang", "Period"), format!("{} – {}", day(request.period.0), day(request.period.1))),
            (Text::new("Diminta per hari", "Asked for per day"), request.plays_per_day.to_string()),
        ]);
    }
    facts.push((Text::new("Saluran", "Channel"), report.channel_title.clone()));
    facts.push((Text::new("Dibuat", "Made"), instant_in_words(report.made_at, report.zone, Lang::Id)));
    if let Some((seq, hash)) = report.evidence {
        let base = format!("{seq} · {hash}");
        facts.push((Text::new("Catatan siaran, baris terakhir", "As-run record, last row"), base));
    }
    facts
}

fn verdict(totals: &Totals) -> Text {
    let (shown, due) = (totals.complete + totals.late, totals.promised - totals.pending);
    if totals.promised == 0 {
        return Text::new("Tidak ada tayangan yang dijanjikan.", "No play was promised.");
    }
    let rest = |id: &str, en: &str, n: u32| {
        if n > 0 { (format!("; {n} {id}"), format!("; {n} {en}")) } else { Default::default() }
    };
    let (cut_id, cut_en) = rest("tayang sebagian", "aired in part", totals.cut);
    let (gone_id, gone_en) = rest("tidak tayang", "did not air", totals.missing);
    let (wait_id, wait_en) = rest("belum waktunya", "still to come", totals.pending);
    Text::new(
        format!("{shown} dari {due} tayangan yang sudah waktunya tayang utuh{cut_id}{gone_id}{wait_id}."),
        format!("{shown} of {due} plays that were due aired whole{cut_en}{gone_en}{wait_en}."),
    )
}

fn sums(totals: &Totals, zone: Zone) -> Vec<(Text, String)> {
    let seconds = |ms: u64| format!("{} s", thousandths(ms));
    let mut sums = vec![
        (Text::new("Dijanjikan", "Promised"), format!("{} × · {}", totals.promised, seconds(totals.promised_ms))),
        (Text::new("Tayang", "Aired"), format!("{} × · {}", totals.complete + totals.late, seconds(totals.aired_ms))),
        (Text::new("Tepat waktu", "On time"), format!("{} ×", totals.complete)),
        (Text::new("Selisih waktu terbesar", "Largest deviation"), format!("{} ms", totals.worst_late_ms)),
    ];
    if let (Some(first), Some(last)) = (totals.first, totals.last) {
        sums.push((Text::new("Tayang pertama", "First play"), instant_in_words(first, zone, Lang::Id)));
        sums.push((Text::new("Tayang terakhir", "Last play"), instant_in_words(last, zone, Lang::Id)));
    }
    sums
}

/// Milliseconds as seconds with three decimals, Indonesian.
fn thousandths(ms: u64) -> String {
    format!("{},{:03}", ms / 1000, ms % 1000)
}

fn conclusion(report: &AiringReport, blocks: &mut Vec<Block>) {
    blocks.push(Block::Heading(Text::new("Kesimpulan tim monitoring", "The monitoring team's conclusion")));
    match &report.conclusion {
        Some(conclusion) => {
            blocks.push(Block::Written(conclusion.text.clone()));
            blocks.push(Block::Signature {
                place_and_date: instant_in_words(conclusion.at, report.zone, Lang::Id),
                position: "Tim Monitoring".into(),
                name: conclusion.by.clone(),
            });
        }
        None => blocks.push(Block::Words(Text::new("Belum ditulis.", "Not written yet."))),
    }
}

fn clock(at: Instant, zone: Zone) -> String {
    zone.local(at).format("%H:%M:%S%.3f").to_string()
}

fn row(report: &AiringReport, aired: &Aired) -> Vec<String> {
    vec![
        zone_time(report, aired.item.start),
        aired.start.map_or_else(|| "–".into(), |at| clock(at, report.zone)),
        aired.item.title.clone(),
        aired.item.owner.clone(),
        result(aired.airing).id,
        remarks(report, aired),
    ]
}

fn zone_time(report: &AiringReport, at: Instant) -> String {
    clock(at, report.zone).trim_end_matches(".000").to_owned()
}

/// What became of an item, in a word or two.
pub fn result(airing: Airing) -> Text {
    match airing {
        Airing::Complete => Text::new("utuh", "whole"),
        Airing::Late => Text::new("utuh, tidak tepat waktu", "whole, not on time"),
        Airing::Cut => Text::new("sebagian", "in part"),
        Airing::Missing => Text::new("tidak tayang", "not aired"),
        Airing::Pending => Text::new("belum", "to come"),
    }
}

fn remarks(report: &AiringReport, aired: &Aired) -> String {
    let mut remarks = Vec::new();
    if aired.airing == Airing::Late {
        remarks.push(format!("{} ms dari rencana", aired.late_ms));
    }
    if aired.airing == Airing::Cut {
        let (shown, whole) = (report.rate.millis(aired.frames), report.rate.millis(aired.item.duration_frames));
        remarks.push(format!("{} dari {} s", thousandths(shown), thousandths(whole)));
    }
    if aired.held_frames > 0 {
        remarks.push(format!("{} gambar ditahan", aired.held_frames));
    }
    if let Some(why) = &aired.why {
        remarks.push(why_in_words(why));
    }
    if !aired.instead.is_empty() {
        let kinds: Vec<_> = aired.instead.iter().map(|kind| air(*kind)).collect();
        remarks.push(format!("digantikan {}", kinds.join(", ")));
    }
    remarks.join("; ")
}

/// The player's reasons, for people; what is not known here is shown as the player wrote it.
fn why_in_words(why: &str) -> String {
    match why {
        "player_lost" => "pemutar terhenti".into(),
        "withdrawn" => "klip ditarik".into(),
        "stalled" => "klip macet".into(),
        "decoder_exited" => "pembaca klip berhenti".into(),
        "ended_early" => "klip habis sebelum waktunya".into(),
        "clock_corrected" => "jam dikoreksi".into(),
        "decoder_garbled" => "pembaca klip kacau".into(),
        "hash_mismatch" => "isi berkas berubah".into(),
        "no_frame" => "gambar tidak tersedia".into(),
        "no_player" => "pemutar tidak berjalan".into(),
        "record_damaged" => "catatan tayang rusak".into(),
        "not_recorded" => "catatan tayang tidak tersimpan".into(),
        other => other.to_owned(),
    }
}

fn air(kind: AirKind) -> &'static str {
    match kind {
        AirKind::Clip => "klip lain",
        AirKind::Fill => "pengisi",
        AirKind::Slate => "gambar siaga",
        AirKind::Live => "siaran langsung",
        AirKind::Emergency => "siaran darurat",
        AirKind::None => "layar gelap",
    }
}

fn beside(discrepancy: &Discrepancy, zone: Zone) -> Text {
    match discrepancy {
        Discrepancy::Unplanned { seq, clip, start, frames } => {
            let clip = clip.map_or_else(|| "–".to_owned(), |c| c.to_string());
            Text::new(
                format!("Baris {seq}: klip {clip} tayang {frames} frame pukul {} tanpa rencana.", clock(*start, zone)),
                format!("Row {seq}: clip {clip} aired for {frames} frames at {} without a plan.", clock(*start, zone)),
            )
        }
        Discrepancy::WrongClip { seq, item, aired } => {
            let clip = aired.map_or_else(|| "–".to_owned(), |c| c.to_string());
            Text::new(
                format!("Baris {seq}: {item} menayangkan {clip}, bukan yang direncanakan."),
                format!("Row {seq}: {item} aired {clip}, not what was planned."),
            )
        }
        Discrepancy::NotTiled { after_seq, end, start } => Text::new(
            format!(
                "Setelah baris {after_seq}: catatan berhenti {} dan mulai lagi {}.",
                clock(*end, zone),
                clock(*start, zone)
            ),
            format!(
                "After row {after_seq}: the record stops at {} and begins again at {}.",
                clock(*end, zone),
                clock(*start, zone)
            ),
        ),
        Discrepancy::Sequence { after_seq, seq } => Text::new(
            format!("Setelah baris {after_seq} datang baris {seq}."),
            format!("Row {after_seq} is followed by row {seq}."),
        ),
    }
}

/// The report in a few lines, for a terminal.
pub fn summary(report: &AiringReport) -> String {
    let (title, verdict) = (title(report), verdict(&report.totals));
    format!("{}\n{}", title.en, verdict.en)
}

/// The report as a table: a line per promised play.
pub fn rows(report: &AiringReport) -> Vec<Vec<String>> {
    let head = [
        "date",
        "item",
        "title",
        "owner",
        "submission",
        "planned_start",
        "start",
        "late_ms",
        "planned_ms",
        "aired_ms",
        "result",
        "why",
    ];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for day in &report.days {
        rows.extend(day.items.iter().map(|aired| {
            vec![
                day.date.to_string(),
                aired.item.id.to_string(),
                aired.item.title.clone(),
                aired.item.owner.clone(),
                aired.item.submission.clone().unwrap_or_default(),
                report.zone.rfc3339(aired.item.start),
                aired.start.map(|at| report.zone.rfc3339(at)).unwrap_or_default(),
                aired.late_ms.to_string(),
                report.rate.millis(aired.item.duration_frames).to_string(),
                report.rate.millis(aired.frames).to_string(),
                code(aired.airing).to_owned(),
                aired.why.clone().unwrap_or_default(),
            ]
        }));
    }
    rows
}

fn code(airing: Airing) -> &'static str {
    match airing {
        Airing::Complete => "complete",
        Airing::Late => "late",
        Airing::Cut => "cut",
        Airing::Missing => "missing",
        Airing::Pending => "pending",
    }
}

/// The report as one JSON document.
pub fn json(report: &AiringReport) -> Value {
    let at = |at: Instant| report.zone.rfc3339(at);
    let subject = match &report.subject {
        Subject::Day(date) => json!({ "kind": "day", "date": date.to_string() }),
        Subject::Request(r) => json!({
            "kind": "request", "case": r.case.0, "agenda": r.agenda, "office": r.office, "title": r.title,
            "letter_number": r.letter_number, "letter_date": r.letter_date.to_string(),
            "first_day": r.period.0.to_string(), "last_day": r.period.1.to_string(),
            "plays_per_day": r.plays_per_day, "approval": r.approval_number,
        }),
    };
    let item = |a: &Aired| {
        json!({
            "id": a.item.id.as_str(), "title": a.item.title, "owner": a.item.owner, "submission": a.item.submission,
            "sha256": a.item.sha256.map(|h| h.to_string()), "planned_start": at(a.item.start),
            "duration_frames": a.item.duration_frames, "start": a.start.map(at), "late_ms": a.late_ms,
            "frames": a.frames, "held_frames": a.held_frames, "result": code(a.airing), "why": a.why,
        })
    };
    let days: Vec<Value> = report
        .days
        .iter()
        .map(|day| {
            let beside: Vec<Value> = day
                .discrepancies
                .iter()
                .map(|d| beside(d, report.zone))
                .map(|t| json!({ "text_id": t.id, "text_en": t.en }))
                .collect();
            json!({
                "date": day.date.to_string(), "revision": day.revision,
                "items": day.items.iter().map(item).collect::<Vec<_>>(), "discrepancies": beside,
            })
        })
        .collect();
    let t = &report.totals;
    json!({
        "format": "siaran-report/1", "subject": subject, "channel": report.channel.as_str(),
        "channel_title": report.channel_title, "zone": report.zone.to_string(), "made_at": at(report.made_at),
        "frame_rate": [report.rate.num(), report.rate.den()],
        "totals": {
            "promised": t.promised, "complete": t.complete, "late": t.late, "cut": t.cut, "missing": t.missing,
            "pending": t.pending, "promised_ms": t.promised_ms, "aired_ms": t.aired_ms,
            "worst_late_ms": t.worst_late_ms, "first": t.first.map(at), "last": t.last.map(at),
        },
        "days": days,
        "oral": report.orals.iter().map(|aired| json!({
            "case": aired.oral.case.0, "title": aired.title, "plays": aired.plays, "head": aired.oral.head_name,
            "said_at": at(aired.oral.said_at), "until": at(aired.oral.alone().end()),
            "never_confirmed": aired.never_confirmed,
        })).collect::<Vec<_>>(),
        "incidents": report.incidents.iter().map(|i| json!({
            "opened_at": at(i.opened_at), "closed_at": i.closed_at.map(at), "text_id": i.text.id, "text_en": i.text.en,
        })).collect::<Vec<_>>(),
        "evidence": report.evidence.map(|(seq, hash)| json!({ "seq": seq, "hash": hash.to_string() })),
        "conclusion": report.conclusion.as_ref().map(|c| json!({ "text": c.text, "by": c.by, "at": at(c.at) })),
    })
}
