//! One player: the loop that ticks. It joins the engine that decides what is on air with decoders and outputs, the
//! journal and the folder of playlists. From its start on it needs no database, no web and no network.
//!
//! The tick thread waits for nothing but the clock: files are read, rows are written and decoders are opened by other
//! threads, which post messages.

mod control;
mod crawl;
mod folders;
mod ledger;
mod pace;
#[cfg(feature = "av")]
mod player;
mod recorder;
mod words;

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;

use crate::av::branding::Dress;
use crate::domain::as_run::{AirKind, AsRun, Outcome};
use crate::domain::channel::Channel;
use crate::domain::output::without_secrets;
use crate::domain::playlist::Source;
use crate::domain::time::{FrameRate, Instant, Tick};
use crate::engine::clock_watch::ClockVerdict;
use crate::engine::playout::{Coming, DeckId, Input, Light, Open, Output, Playout, Show, Subject, Supply};
use crate::engine::watch::Expected;
use crate::files::status_file::{Counters, OutputStatus, Snapshot, UpNext};
use crate::notify::Supervisor;

use super::clock::Pacer;
use control::Unanswered;
pub use control::{Ask, listen};
use crawl::Crawling;
pub use crawl::{CrawlOrder, CrawlRefused};
use pace::Pace;

pub use folders::{Folders, Problem};
pub use ledger::{Ledger, Unproven};
#[cfg(feature = "av")]
pub use player::{OnAirError, Settings, run, show_card};
pub use recorder::{Recorder, RecorderNews};

/// What the loop drives: the real air, or a test's.
pub trait Air {
    /// Starts opening a decoder; returns at once.
    fn open(&mut self, open: Open);
    /// Ends a decoder; returns at once.
    fn close(&mut self, deck: DeckId);
    /// Drops frames that came too late.
    fn discard(&mut self, deck: DeckId, before: u64);
    /// What each decoder has at hand.
    fn supplies(&mut self) -> Vec<Supply>;
    /// Sends a tick's picture and sound out; never waits.
    fn show(&mut self, tick: Tick, show: Show, dress: Dress<'_>, expected: Expected, late_ms: u64);
    /// How the outputs are.
    fn outputs(&self) -> Vec<OutputStatus>;
}

/// How long the first item's decoder may take before the slate bridges: a restarted player is back within 1.5 s.
const WARM_UP: Duration = Duration::from_millis(900);
/// How often a decoder is looked at while the player warms up.
const WARM_UP_STEP: Duration = Duration::from_millis(5);
/// A loop that was away for longer than this does not make up for it tick by tick: 2 s at 25 frames a second.
const MOST_LATE_TICKS: i64 = 50;

/// How often the start marker is brought up to date, besides after a row's first tick: a player that is killed leaves this much of its air unaccounted for,
/// 0.2 s at 25 frames a second.
const ALIVE_TICKS: i64 = 5;

/// How many planned things an operator sees ahead.
const NEXT_SHOWN: usize = 3;

/// A channel's loop.
pub struct Player<A> {
    channel: Channel,
    engine: Playout,
    air: A,
    clock: Arc<dyn Pacer>,
    recorder: Recorder,
    supervisor: Supervisor,
    pace: Pace,
    next: Tick,
    counters: Counters,
    orders_taken: u64,
    unanswered: Unanswered,
    crawl: Option<Crawling>,
}

impl<A: Air> Player<A> {
    /// A player that is about to start: accounts for what its predecessor left unfinished, then opens the first clip.
    /// `run` names this run in the journal.
    pub fn start(
        channel: Channel,
        run: String,
        air: A,
        clock: Arc<dyn Pacer>,
        recorder: Recorder,
        first: Vec<Input>,
    ) -> Player<A> {
        let last_end = recorder.settle_interrupted();
        let pace = Pace::start(clock.read(), last_end, &channel);
        let engine = Playout::new(channel.clone(), run.clone());
        let (counters, supervisor) = (Counters::default(), Supervisor::default());
        let mut player = Player {
            channel,
            engine,
            air,
            clock,
            recorder,
            supervisor,
            next: Tick(0),
            pace,
            counters,
            orders_taken: 0,
            unanswered: Unanswered::new(),
            crawl: None,
        };
        player.tell(Input::Trust(player.pace.trusted()));
        player.recorder.clock_trusted(player.pace.trusted(), player.pace.now(player.clock.read()));
        first.into_iter().for_each(|input| player.tell(input));
        player.warm_up();
        player.close_absence(last_end, &run);
        player
    }

    /// The same player, which tells its supervisor that it is on air, and from then on once a second that its loop goes
    /// round: a loop that is stuck falls silent, and is restarted.
    pub fn supervised(mut self, supervisor: Supervisor) -> Player<A> {
        self.supervisor = supervisor;
        self
    }

    /// Opens what the first tick needs and gives it a moment.
    fn warm_up(&mut self) {
        let begun = self.clock.read().monotonic;
        self.next = self.pace.next_tick(self.clock.read());
        self.tell(Input::Prepare(self.next));
        while self.clock.read().monotonic < begun + WARM_UP {
            let first = self.pace.next_tick(self.clock.read());
            if let Some((deck, frame)) = self.engine.opening(first) {
                self.air.discard(deck, frame);
            }
            let supplies = self.air.supplies();
            if self.engine.is_ready(first, &supplies) {
                break;
            }
            self.clock.wait_until(self.clock.read().monotonic + WARM_UP_STEP);
        }
        self.next = self.pace.next_tick(self.clock.read()).max(self.next);
    }

    /// The row for the time without a player, from the last row to the first tick.
    fn close_absence(&mut self, last_end: Option<Instant>, run: &str) {
        let first = self.channel.house.rate.start_of(self.next);
        if let Some(start) = last_end.filter(|end| *end < first) {
            self.recorder.row(AsRun {
                seq: 0,
                run: run.to_owned(),
                channel: self.channel.id.clone(),
                item: None,
                kind: AirKind::None,
                clip: None,
                planned_start: None,
                start,
                end: first,
                frames: 0,
                held_frames: 0,
                outcome: Outcome::OffAir,
                why: Some("no_player".into()),
            });
        }
    }

    /// Hands the engine an input and does what follows.
    pub fn tell(&mut self, input: Input) {
        for output in self.engine.handle(input) {
            self.carry_out(output, 0);
        }
    }

    fn carry_out(&mut self, output: Output, late_ms: u64) {
        match output {
            Output::Open(open) => self.air.open(open),
            Output::Close(deck) => self.air.close(deck),
            Output::Discard { deck, before } => self.air.discard(deck, before),
            Output::Show(show) => {
                self.counters.held += u64::from(matches!(show, Show::Hold(_)));
                let (wears, time_is_known) = (self.engine.wears(), self.pace.trusted());
                let crawl = self.crawl.as_ref().and_then(|crawling| crawling.at(self.next));
                let dress = Dress { wears, time_is_known, crawl };
                self.air.show(self.next, show, dress, self.engine.expected(), late_ms);
            }
            Output::Answer(number, answer) => {
                if let Some(reply) = self.unanswered.remove(&number) {
                    let _ = reply.try_send(answer);
                }
            }
            Output::Row(row) => self.recorder.row(row),
            Output::Mark(row) => self.recorder.mark(row),
            Output::Notice(notice) => {
                let at = self.channel.house.rate.start_of(self.next);
                self.recorder.notice(words::of_notice(&notice), at);
            }
        }
    }

    /// Answers an operator.
    pub fn answer(&mut self, ask: Ask) {
        match ask {
            Ask::Order(command, reply) => {
                self.orders_taken += 1;
                self.unanswered.insert(self.orders_taken, reply);
                self.tell(Input::Order(self.orders_taken, command));
            }
            Ask::Crawl(order, reply) => {
                let _ = reply.try_send(self.start_crawl(*order));
            }
            Ask::EndCrawl(reply) => {
                let _ = reply.try_send(self.end_crawl());
            }
            Ask::Status(reply) => {
                let _ = reply.try_send(Box::new(self.snapshot()));
            }
        }
    }

    fn orders(&self) -> Vec<&'static str> {
        let held = self.engine.is_held().then_some("hold");
        held.into_iter().chain(self.engine.ordered().map(|(order, _)| order)).collect()
    }

    /// When the next tick begins.
    pub fn next_tick(&self) -> Tick {
        self.next
    }

    /// Waits for the next tick and shows it. Once a second it also looks at the clock and reports.
    pub fn tick(&mut self) {
        self.clock.wait_until(self.pace.due(self.next));
        let reading = self.clock.read();
        let late = reading.monotonic.saturating_sub(self.pace.due(self.next));
        if self.pace.next_tick(reading).0 - self.next.0 > MOST_LATE_TICKS {
            return self.jump();
        }
        let late_ms = u64::try_from(late.as_millis()).unwrap_or(u64::MAX);
        self.counters.ticks += 1;
        self.counters.late += u64::from(late_ms >= self.pace.tick_ms());
        self.counters.most_late_ms = self.counters.most_late_ms.max(late_ms);
        self.drop_finished_crawl();
        let supplies = self.air.supplies();
        let mut begun = false;
        for output in self.engine.handle(Input::Tick(self.next, supplies)) {
            begun |= matches!(output, Output::Mark(_));
            self.carry_out(output, late_ms);
        }
        self.next = Tick(self.next.0 + 1);
        if self.counters.ticks == 1 {
            self.supervisor.ready();
        }
        if (begun || self.next.0.rem_euclid(ALIVE_TICKS) == 0)
            && let Some(row) = self.engine.on_air()
        {
            self.recorder.alive(row);
        }
        if self.next.0.rem_euclid(self.pace.ticks_a_second()) == 0 {
            self.once_a_second();
        }
    }

    fn once_a_second(&mut self) {
        self.supervisor.alive();
        self.recorder.report(self.snapshot());
        let reading = self.clock.read();
        match self.pace.judge(reading) {
            ClockVerdict::Steady => self.trust(true),
            ClockVerdict::Slew(by) => {
                self.trust(true);
                self.pace.shift(by.clamp(-self.pace.tick_length(), self.pace.tick_length()));
            }
            ClockVerdict::Jump => {
                self.trust(true);
                self.jump();
            }
            ClockVerdict::Untrusted => self.trust(false),
        }
    }

    /// Goes on at the wall clock's tick; one row closes the gap.
    fn jump(&mut self) {
        let reading = self.clock.read();
        self.pace.set(reading);
        let to = self.pace.next_tick(reading).max(self.next);
        self.tell(Input::Jump(to));
        self.next = to;
    }

    fn trust(&mut self, trusted: bool) {
        if self.pace.set_trusted(trusted) {
            self.tell(Input::Trust(trusted));
            self.recorder.clock_trusted(trusted, self.channel.house.rate.start_of(self.next));
        }
    }

    /// What an operator sees.
    pub fn snapshot(&self) -> Snapshot {
        let rate = self.channel.house.rate;
        Snapshot {
            at: rate.start_of(self.next),
            zone: self.channel.zone,
            trusted_clock: self.pace.trusted(),
            on_air: self.engine.on_air(),
            next: self.engine.coming(NEXT_SHOWN).iter().map(|coming| up_next(rate, coming)).collect(),
            orders: self.orders(),
            crawl: self.crawl_status(),
            counters: self.counters,
            outputs: self.air.outputs(),
            incidents: Vec::new(),
        }
    }

    /// Ends the last row and waits until it is written.
    pub fn stop(mut self) -> A {
        self.supervisor.stopping();
        self.tell(Input::Stop);
        self.recorder.report(self.snapshot());
        self.recorder.finish();
        self.air
    }
}

fn up_next(rate: FrameRate, coming: &Coming) -> UpNext {
    let subject = &coming.subject;
    let (kind, title) = match subject {
        Subject::Item { item, .. } => ("item", item.title.clone()),
        Subject::Fill { title, .. } => ("fill", title.clone()),
        Subject::Live(address) => ("live", without_secrets(address)),
        Subject::Emergency { order, .. } => ("emergency", order.title.clone()),
        Subject::Cover { .. } | Subject::Slate => ("slate", String::new()),
        Subject::Closed | Subject::OffAir => ("closed", String::new()),
    };
    let item = subject.item();
    let owner = item.map(|item| item.owner.clone()).unwrap_or_default();
    let light = match coming.light {
        Light::Waiting => "waiting",
        Light::Opening => "opening",
        Light::Warm => "warm",
        Light::Failed => "failed",
    };
    let file = match &coming.source {
        Some(Source::File(path)) => Some(path.clone()),
        _ => None,
    };
    UpNext { start: rate.start_of(coming.start), kind, title, owner, item: item.map(|i| i.id.to_string()), file, light }
}

/// Earliest instant at which this program can have run; a clock before it is wrong.
pub(super) fn earliest() -> Instant {
    const MADE_S: i64 = 1_793_491_200; // 2026-11-01T00:00:00Z
    Instant::UNIX_EPOCH + TimeDelta::seconds(MADE_S)
}

#[cfg(test)]
mod tests;
