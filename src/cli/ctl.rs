//! `siaran ctl CHANNEL …`: an operator's orders to a running player, and how it is.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{Ended, Failure};
use crate::av::ffmpeg::Ffmpeg;
use crate::av::inspect::{InspectLimits, inspect};
use crate::config::{ChannelConfig, Config};
use crate::desk::clock::SystemClock;
use crate::domain::branding::MOST_PASSES;
use crate::domain::ids::{BrandName, ChannelId, ItemId};
use crate::domain::time::{Clock as _, Instant};
use crate::files::control::{self, Answer, CrawlLine, EmergencyFile, Line, Question};
use crate::files::whole;

/// Order a running player, or ask how it is
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The channel
    channel: ChannelId,
    #[command(subcommand)]
    order: Order,
    /// One JSON document instead of words
    #[arg(long, global = true)]
    json: bool,
}

#[derive(clap::Subcommand)]
enum Order {
    /// What is on air, what comes next and whether it is ready
    Status {
        /// Again each second, one document a line
        #[arg(long)]
        follow: bool,
    },
    /// Let what is on air end, then air fill until `take`, `resume` or a hard start
    Hold,
    /// Put the next item on air now
    Take,
    /// Air the item on air again, from its start
    Retake,
    /// End the item on air, or drop one that is to come; fill covers its time
    Skip {
        /// The item's id, as the playlist has it
        item: Option<ItemId>,
    },
    /// Show the still picture until `resume`
    Slate,
    /// Put a live source over the plan whenever it gives a picture, until `resume`
    Live {
        /// Its address: srt:// rtmp:// udp:// rtsp:// test:
        source: String,
    },
    /// Put a file over everything, again and again, until an instant or `resume`
    Emergency {
        /// The file
        file: PathBuf,
        /// On whose word
        #[arg(long, value_name = "NAME")]
        by: String,
        /// First instant after it, RFC 3339 with offset
        #[arg(long, value_name = "INSTANT")]
        until: Instant,
        /// Draw this set of the channel's branding on it; without it nothing is drawn
        #[arg(long, value_name = "SET")]
        branding: Option<BrandName>,
    },
    /// Let words run over everything that is on air: until an instant, for some passes, or until `crawl --end`
    Crawl {
        /// The words, one line
        #[arg(required_unless_present = "end")]
        text: Option<String>,
        /// On whose word
        #[arg(long, value_name = "NAME", required_unless_present = "end")]
        by: Option<String>,
        /// First instant after it, RFC 3339 with offset
        #[arg(long, value_name = "INSTANT", conflicts_with = "times")]
        until: Option<Instant>,
        /// How often it passes
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=i64::from(MOST_PASSES)))]
        times: Option<u32>,
        /// End the one that runs
        #[arg(long, conflicts_with_all = ["text", "by", "until", "times"])]
        end: bool,
    },
    /// Give the air back to the plan
    Resume,
}

/// Longest emergency: whoever needs more says so again.
const LONGEST_EMERGENCY_H: i64 = 24;

pub(super) fn run(home: &Path, arguments: Arguments) -> Result<Ended, Failure> {
    let config = Config::load(home)?;
    let channel = super::channel(&config, &arguments.channel)?;
    let path = control::path(home, &arguments.channel);
    let question = match arguments.order {
        Order::Status { follow: false } => Question::Status,
        Order::Status { follow: true } => Question::Follow,
        Order::Hold => Question::Hold,
        Order::Take => Question::Take,
        Order::Retake => Question::Retake,
        Order::Skip { item } => Question::Skip { item: item.map(|item| item.to_string()) },
        Order::Slate => Question::Slate,
        Order::Live { source } => Question::Live { source },
        Order::Emergency { file, by, until, branding } => {
            let branding = branding.map(|name| name.to_string());
            Question::Emergency(EmergencyFile { branding, ..bring_in(home, &config, channel, &file, by, until)? })
        }
        Order::Crawl { end: true, .. } => Question::EndCrawl,
        Order::Crawl { text, by, until, times, .. } => Question::Crawl(CrawlLine {
            text: text.unwrap_or_default(),
            by: by.unwrap_or_default(),
            until: until.map(|until| channel.channel.zone.rfc3339(until)),
            times,
            since: None,
        }),
        Order::Resume => Question::Resume,
    };
    let unheard = |error: io::Error| {
        Failure::could(
            format!("the player of {} does not answer at {}: {error}", arguments.channel, path.display()),
            format!("start it with siaran play {}, or look at its service", arguments.channel),
        )
    };
    let mut line = Line::call(&path).map_err(unheard)?;
    let mut answer = line.ask(&question).map_err(unheard)?;
    if question == Question::Follow {
        loop {
            print(&answer, arguments.json);
            match line.hear().map_err(unheard)? {
                Some(next) => answer = next,
                None => return Ok(Ended::Holds),
            }
        }
    }
    print(&answer, arguments.json);
    Ok(if matches!(answer, Answer::Refused { .. }) { Ended::Refused } else { Ended::Holds })
}

/// Decodes the file whole in the sandbox, and takes a copy into the home, where the player can read it.
fn bring_in(
    home: &Path,
    config: &Config,
    channel: &ChannelConfig,
    file: &Path,
    by: String,
    until: Instant,
) -> Result<EmergencyFile, Failure> {
    let now = SystemClock::start().read().utc;
    if until <= now || until - now > chrono::TimeDelta::hours(LONGEST_EMERGENCY_H) {
        return Err(Failure::Usage(format!(
            "--until {until} is over or more than {LONGEST_EMERGENCY_H} hours ahead. Try: an instant of the next hours"
        )));
    }
    let ffmpeg = Ffmpeg::of_this_program(&config.sandbox);
    let inspected = inspect(file, InspectLimits::default(), &ffmpeg, &mut |_| true).map_err(super::inspect::could)?;
    let found = &inspected.inspection;
    let rate = channel.channel.house.rate;
    let frames = found.video.as_ref().map_or(0, |_| rate.frames_in_ms(found.duration_ms));
    if frames == 0 {
        return Err(Failure::could(
            format!("{} has no picture to show", file.display()),
            format!("siaran inspect {} says what is in it", file.display()),
        ));
    }
    let title = file.file_stem().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let source = format!("media/emergency/{}", found.sha256);
    let kept = home.join(&source);
    let could = |error: io::Error| Failure::could(format!("{}: {error}", kept.display()), "make room in the home");
    if !kept.exists() {
        fs::create_dir_all(home.join("media/emergency")).map_err(could)?;
        whole::copy(file, &kept).map_err(could)?;
    }
    let until = channel.channel.zone.rfc3339(until);
    Ok(EmergencyFile { source, sha256: found.sha256.to_string(), frames, title, by, until, branding: None })
}

fn print(answer: &Answer, json: bool) {
    match answer {
        _ if json => say!("{}", document(answer)),
        Answer::Done => say!("done"),
        Answer::Refused { text_id, text_en, .. } => complain!("error: {text_en}\n       {text_id}"),
        Answer::Status { status } => say!("{}", words(status).trim_end()),
    }
}

fn document(answer: &Answer) -> Value {
    match answer {
        Answer::Status { status } => status.clone(),
        other => serde_json::to_value(other).unwrap_or_default(),
    }
}

/// A status as people read it.
fn words(status: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or("–").to_owned();
    let clock = |value: &Value| value.as_str().and_then(|t| t.get(11..19)).unwrap_or("–").to_owned();
    let at = status["at"].as_str().and_then(|t| t.parse::<Instant>().ok());
    let on_air = &status["on_air"];
    let mut lines = format!("{}  on air: {}", clock(&status["at"]), text(&on_air["kind"]));
    let timeline = status["timeline"].as_array().cloned().unwrap_or_default();
    let current = timeline.iter().find(|up| !on_air["item"].is_null() && up["item"] == on_air["item"]);
    if let Some(up) = current.or(timeline.first()) {
        lines += &format!("  {}", text(&up["title"]));
    }
    lines += &format!("  since {}\n", clock(&on_air["start"]));
    for order in status["orders"].as_array().into_iter().flatten() {
        lines += &format!("  ordered: {}; `resume` gives the air back to the plan\n", text(order));
    }
    if let Some(words) = status["crawl"]["text"].as_str() {
        let until = status["crawl"]["until"].as_str().map(|at| format!(", until {at}")).unwrap_or_default();
        let by = text(&status["crawl"]["by"]);
        lines += &format!("  crawl over everything, on the word of {by}{until}: {words}; `crawl --end` ends it\n");
    }
    if status["trusted_clock"] == Value::Bool(false) {
        lines += "  the clock can't be believed: no plan is followed. Try: set the machine's clock\n";
    }
    for up in timeline.iter().skip(1) {
        let start = up["start"].as_str().and_then(|t| t.parse::<Instant>().ok());
        let seconds = at.zip(start).map_or(0, |(at, start)| (start - at).num_seconds());
        let light = match up["light"].as_str() {
            Some("warm") => "● ready",
            Some("opening") => "◐ being opened",
            Some("failed" | "missing") => "✗ can't be aired",
            _ => "○ not opened yet",
        };
        let (title, owner) = (text(&up["title"]), text(&up["owner"]));
        lines += &format!("  in {seconds:>5} s  {light:<16}  {}  {title}  {owner}\n", text(&up["kind"]));
    }
    for output in status["outputs"].as_array().into_iter().flatten() {
        let state = if output["running"] == Value::Bool(true) { "takes frames" } else { "FAILED" };
        lines += &format!(
            "  output {}: {state}, {} taken, {} dropped {}\n",
            text(&output["address"]),
            output["taken"],
            output["dropped"],
            output["why"].as_str().unwrap_or_default()
        );
    }
    lines += &format!(
        "  {} ticks, {} held, {} late (at most {} ms)\n",
        status["ticks"], status["held"], status["late"], status["most_late_ms"]
    );
    for incident in status["incidents"].as_array().into_iter().flatten() {
        lines += &format!("  ! {}\n    {}\n", text(&incident["en"]), text(&incident["id"]));
    }
    lines
}
