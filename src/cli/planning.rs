//! `siaran plan CHANNEL DATE`, `publish`, `report` and `check`: the scheduling and monitoring desks at a terminal.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use serde_json::{Value, json};

use super::{Ended, Failure, home as homes};
use crate::config::Config;
use crate::desk::check::CheckReport;
use crate::desk::clock::SystemClock;
use crate::desk::planning::{PlanError, Proposal, Waiting, WhenEmpty};
use crate::desk::reporting::{AiringReport, ReportError};
use crate::desk::{Desk, DeskError};
use crate::domain::ids::{CaseId, ChannelId};
use crate::domain::playlist::PlaylistItem;
use crate::domain::time::BroadcastDate;
use crate::files::whole;
use crate::paper::{self, airing, table};
use crate::store::Scope;

/// Publish the next revision of a channel's day
#[derive(Args)]
pub(super) struct PublishArguments {
    /// The channel
    channel: ChannelId,
    /// The broadcast day, like 2026-11-22
    date: BroadcastDate,
    /// Publish as this member of the scheduling team, and move the requests on that waited for it [default: publish
    /// as the installation itself]
    #[arg(long, value_name = "EMAIL")]
    by: Option<String>,
    /// Publish it also if it has no clip: the wall shows fill alone, and the near hours can't be filled any more
    #[arg(long)]
    empty: bool,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

/// Report what was promised and what aired
#[derive(Args)]
#[command(group = clap::ArgGroup::new("subject").required(true).args(["case", "channel"]))]
pub(super) struct ReportArguments {
    /// One request, over its whole period
    #[arg(long, value_name = "N")]
    case: Option<CaseId>,
    /// A channel's whole day
    #[arg(long, requires = "date")]
    channel: Option<ChannelId>,
    /// The broadcast day, like 2026-11-22
    #[arg(long, requires = "channel")]
    date: Option<BroadcastDate>,
    /// Write report.json, report.html, report.csv and report.pdf here
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

/// Verify the numbered invariants of this home
#[derive(Args)]
pub(super) struct CheckArguments {
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

impl From<PlanError> for Failure {
    fn from(error: PlanError) -> Failure {
        let way_out = match &error {
            PlanError::NoChannel(_) => "name a channel that siaran config lists",
            PlanError::Over { .. } => "name a later date",
            PlanError::NoPlaylist(_) | PlanError::Judged(_) => "look at siaran plan, and change what it names",
            PlanError::Empty { .. } => "pass on what waits and publish then, or publish it all the same with --empty",
            PlanError::Interruption(_) => "look at the day's page again",
            PlanError::RulesChanged => "look at the rules again, then change them",
            PlanError::ChangedSince { .. } => "look at siaran plan, and publish again",
            PlanError::Unchanged { .. } => "publish again once something has changed",
            PlanError::File(_) | PlanError::Fill(_) | PlanError::Io { .. } => "run siaran check",
            PlanError::Desk(_) => "name the home with --home, or make one with siaran init",
        };
        Failure::could(error.to_string(), way_out)
    }
}

impl From<ReportError> for Failure {
    fn from(error: ReportError) -> Failure {
        let way_out = match &error {
            ReportError::Journal(_) | ReportError::Rewritten { .. } => {
                "keep the file as it is, and compare it with the copy that was archived"
            }
            ReportError::Playlist(_) => "run siaran check",
            ReportError::NoChannel(_) => "name a channel that siaran config lists",
            ReportError::Desk(_) => "name the home with --home, and a request that siaran request list shows",
        };
        Failure::could(error.to_string(), way_out)
    }
}

fn open(home: &Path) -> Result<Desk, Failure> {
    homes::there(home)?;
    let config = Config::load(home)?;
    Desk::open(config, Arc::new(SystemClock::start()))
        .map_err(|e| Failure::could(e.to_string(), "name the home with --home, or make one with siaran init"))
}

/// Shows the next revision without publishing it.
pub(super) fn plan(home: &Path, channel: &ChannelId, date: BroadcastDate, json: bool) -> Result<Ended, Failure> {
    let desk = open(home)?;
    let proposal = desk.plan_day(channel, date)?;
    show(&proposal, None, json);
    Ok(if proposal.findings.is_empty() { Ended::Holds } else { Ended::Refused })
}

pub(super) fn publish(home: &Path, arguments: &PublishArguments) -> Result<Ended, Failure> {
    let desk = open(home)?;
    let by = match &arguments.by {
        None => None,
        Some(email) => {
            let found = desk.store.read(|r| r.person_by_email(email, desk.now())).map_err(DeskError::from)?;
            let unknown = || Failure::Usage(format!("nobody signs in as {email}. Try: siaran user list."));
            Some(found.ok_or_else(unknown)?.id)
        }
    };
    let when_empty = if arguments.empty { WhenEmpty::Publish } else { WhenEmpty::Refuse };
    match desk.publish_day(by, &arguments.channel, arguments.date, when_empty) {
        Ok(published) => {
            show(&published.proposal, Some(&published.path), arguments.json);
            Ok(Ended::Holds)
        }
        Err(error) => {
            let Some((code, text)) = error.refusal() else { return Err(error.into()) };
            if arguments.json {
                let waiting =
                    if let PlanError::Empty { waiting, .. } = &error { waiting_json(waiting) } else { json!([]) };
                let (id, en) = (text.id, text.en);
                say!("{}", json!({ "refused": code, "text_id": id, "text_en": en, "waiting": waiting }));
            }
            complain!("{}", Failure::from(error));
            Ok(Ended::Refused)
        }
    }
}

fn show(proposal: &Proposal, path: Option<&Path>, as_json: bool) {
    if as_json {
        say!("{}", describe(proposal, path));
        return;
    }
    let (head, change) = (proposal.playlist.head(), &proposal.difference);
    let clock = |item: &PlaylistItem| head.zone.local(item.start).format("%H:%M:%S").to_string();
    say!("{} {} revision {} ({} items)", head.channel, head.date, head.revision, proposal.playlist.items().len());
    for item in &change.added {
        say!("  + {} {} ({})", clock(item), item.title, item.owner);
    }
    for (was, now) in &change.moved {
        say!("  ~ {} -> {} {} ({})", clock(was), clock(now), now.title, now.owner);
    }
    for item in &change.removed {
        say!("  - {} {} ({})", clock(item), item.title, item.owner);
    }
    say!("  = {} unchanged", change.unchanged);
    for (case, text) in &proposal.unplaced {
        say!("  ! request {case}: {}", text.en);
    }
    for Waiting { case, title, standing } in &proposal.waiting {
        say!("  ? request {case}: {title}. {}", standing.text().en);
    }
    if proposal.is_empty() {
        say!("  ! no clip of any office is in it");
    }
    for finding in &proposal.findings {
        say!("  x {}", finding.text(head.zone).en);
    }
    if let Some(path) = path {
        say!("published: {}", path.display());
    }
}

fn describe(proposal: &Proposal, path: Option<&Path>) -> Value {
    let head = proposal.playlist.head();
    let item = |i: &PlaylistItem| {
        json!({
            "id": i.id.as_str(), "start": head.zone.rfc3339(i.start), "duration_frames": i.duration_frames,
            "title": i.title, "owner": i.owner, "submission": i.submission,
        })
    };
    let items = |list: &[PlaylistItem]| list.iter().map(item).collect::<Vec<_>>();
    let change = &proposal.difference;
    json!({
        "channel": head.channel.as_str(), "date": head.date.to_string(), "revision": head.revision,
        "parent": head.parent, "items": proposal.playlist.items().len(),
        "path": path.map(|p| p.display().to_string()),
        "added": items(&change.added), "removed": items(&change.removed),
        "moved": change.moved.iter().map(|(a, b)| json!({ "from": item(a), "to": item(b) })).collect::<Vec<_>>(),
        "unchanged": change.unchanged,
        "unplaced": proposal.unplaced.iter()
            .map(|(case, t)| json!({ "case": case.0, "text_id": t.id, "text_en": t.en })).collect::<Vec<_>>(),
        "empty": proposal.is_empty(), "waiting": waiting_json(&proposal.waiting),
        "findings": proposal.findings.iter().map(|f| f.text(head.zone))
            .map(|t| json!({ "text_id": t.id, "text_en": t.en })).collect::<Vec<_>>(),
        "airtime_ms": proposal.airtime_ms, "idle_ms": proposal.idle_ms,
    })
}

fn waiting_json(waiting: &[Waiting]) -> Value {
    let one = |w: &Waiting| {
        let text = w.standing.text();
        json!({ "case": w.case.0, "title": w.title, "state": w.standing.code(), "text_id": text.id, "text_en": text.en })
    };
    waiting.iter().map(one).collect()
}

pub(super) fn report(home: &Path, arguments: &ReportArguments) -> Result<Ended, Failure> {
    let desk = open(home)?;
    for channel in desk.config.channels.keys() {
        desk.import_journal(channel)?;
    }
    let report = match (arguments.case, &arguments.channel, arguments.date) {
        (Some(case), ..) => desk.case_report(Scope::All, case)?,
        (None, Some(channel), Some(date)) => desk.day_report(channel, date)?,
        _ => return Err(Failure::Usage("name --case N, or --channel C with --date D".into())),
    };
    if let Some(out) = &arguments.out {
        write(&desk, &report, out)?;
    }
    if arguments.json {
        say!("{}", airing::json(&report));
    } else {
        say!("{}", airing::summary(&report));
    }
    Ok(Ended::Holds)
}

/// Writes a report in all its forms.
///
/// # Errors
/// [`Failure`] names the file or font.
pub(super) fn write(desk: &Desk, report: &AiringReport, out: &Path) -> Result<(), Failure> {
    let paper = airing::paper(report, &desk.config.paper.letterhead);
    let fonts = paper::Fonts::load(&desk.config.paper.fonts)
        .map_err(|e| Failure::could(e.to_string(), "install fonts-dejavu-core"))?;
    let pdf = paper::pdf(&paper, &fonts).map_err(|e| Failure::could(e.to_string(), "use report.html"))?;
    let json = format!("{:#}\n", airing::json(report));
    let files: [(&str, Vec<u8>); 4] = [
        ("report.json", json.into_bytes()),
        ("report.html", paper::page(&paper).into_bytes()),
        ("report.csv", table::csv(&airing::rows(report))),
        ("report.pdf", pdf),
    ];
    let failed = |path: &Path, e: std::io::Error| {
        Failure::could(format!("{} can't be written: {e}", path.display()), "check the folder")
    };
    std::fs::create_dir_all(out).map_err(|e| failed(out, e))?;
    for (name, bytes) in files {
        let path = out.join(name);
        whole::write(&path, &bytes).map_err(|e| failed(&path, e))?;
    }
    Ok(())
}

pub(super) fn check(home: &Path, arguments: &CheckArguments) -> Result<Ended, Failure> {
    let desk = open(home)?;
    let report = desk.check()?;
    if arguments.json {
        say!("{}", check_json(&report));
    } else {
        say!(
            "{} revisions, {} items, {} as-run rows, {} audit rows read",
            report.revisions,
            report.items,
            report.as_run_rows,
            report.audit_rows
        );
        for broken in &report.broken {
            say!("invariant {} does not hold: {}", broken.invariant, broken.what);
        }
        if report.broken.is_empty() {
            say!("invariants 1, 2, 3, 9, 10 and 11 hold");
        }
        for fault in &report.not_drawn {
            say!("{fault}");
        }
        if !report.open_to_others.is_empty() {
            let parts: Vec<_> = report.open_to_others.iter().map(|part| part.display().to_string()).collect();
            say!("every user of this machine can open {}", parts.join(", "));
            say!("  Try: chmod -R o= {}", desk.home().display());
        }
    }
    Ok(if report.broken.is_empty() { Ended::Holds } else { Ended::Refused })
}

fn check_json(report: &CheckReport) -> Value {
    json!({
        "holds": report.broken.is_empty(), "revisions": report.revisions, "items": report.items,
        "as_run_rows": report.as_run_rows, "claims": report.claims, "audit_rows": report.audit_rows,
        "open_to_others": report.open_to_others, "not_drawn": report.not_drawn,
        "broken": report.broken.iter()
            .map(|b| json!({ "invariant": b.invariant, "what": b.what })).collect::<Vec<_>>(),
    })
}

impl From<DeskError> for Failure {
    fn from(error: DeskError) -> Failure {
        Failure::could(error.to_string(), "name the home with --home, or make one with siaran init")
    }
}
