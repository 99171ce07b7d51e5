//! The line to a running player: orders in, answers and status out. Whoever may write to the socket may order; the
//! system's file permissions say who that is.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::time::Duration;

use super::crawl::{CrawlOrder, CrawlRefused};
use crate::av::branding::CrawlSetter;
use crate::domain::branding::{CrawlText, MOST_PASSES, Wears};
use crate::domain::channel::Channel;
use crate::domain::ids::Sha256;
use crate::domain::playlist::{LIVE_FORMS, Source};
use crate::domain::text::Text;
use crate::domain::time::{FrameRate, Instant, Tick, Zone};
use crate::engine::playout::{Command, Emergency, Refused};
use crate::files::control::{self, Answer, CrawlLine, EmergencyFile, Line, Question};
use crate::files::status_file::{self, Snapshot};

/// Callers at once: a page, a script and a few people.
const MOST_CALLERS: usize = 16;
/// How long a caller waits for the tick thread, which answers between two ticks.
const PATIENCE: Duration = Duration::from_secs(2);

/// Longest name of whoever orders a crawl, characters.
const MOST_NAME_CHARS: usize = 100;

/// What the tick thread is asked.
#[derive(Debug)]
pub enum Ask {
    /// To follow an order.
    Order(Command, SyncSender<Result<(), Refused>>),
    /// To let words run over everything; says since when they do.
    Crawl(Box<CrawlOrder>, SyncSender<Result<Tick, CrawlRefused>>),
    /// To end them.
    EndCrawl(SyncSender<Result<Tick, CrawlRefused>>),
    /// How it is.
    Status(SyncSender<Box<Snapshot>>),
}

/// Orders that the tick thread has taken and not answered yet.
pub(super) type Unanswered = BTreeMap<u64, SyncSender<Result<(), Refused>>>;

/// Listens on the channel's socket; what is asked comes out at the other end. An order that stood when the last player
/// ended comes first: an emergency outlives the player that airs it.
///
/// # Errors
/// The system's, when the socket can't be made.
pub fn listen(home: &Path, channel: &Channel, setter: CrawlSetter, now: Instant) -> io::Result<Receiver<Ask>> {
    let (asks, asked) = self::channel();
    let desk = Desk {
        home: home.to_owned(),
        rate: channel.house.rate,
        zone: channel.zone,
        setter: Arc::new(setter),
        crawling: home.join("run").join(format!("{}.crawl.json", channel.id)),
        standing: home.join("run").join(format!("{}.order.json", channel.id)),
        status: status_file::path(home, &channel.id),
        asks,
        callers: Arc::new(AtomicUsize::new(0)),
    };
    desk.order_again(now);
    desk.crawl_again(now);
    let path = control::path(home, &channel.id);
    // The journal's lock says that no other player of this channel runs, so a socket that is left is a dead one's.
    match fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(&path)?;
    std::thread::Builder::new().name("control".into()).spawn(move || desk.answer_calls(&listener))?;
    Ok(asked)
}

#[derive(Clone)]
struct Desk {
    home: PathBuf,
    rate: FrameRate,
    zone: Zone,
    setter: Arc<CrawlSetter>,
    /// The crawl that runs, should the player be restarted.
    crawling: PathBuf,
    /// The order that stands, should the player be restarted.
    standing: PathBuf,
    status: PathBuf,
    asks: Sender<Ask>,
    callers: Arc<AtomicUsize>,
}

impl Desk {
    fn answer_calls(&self, listener: &UnixListener) {
        for call in listener.incoming() {
            let Ok(stream) = call else { continue };
            if self.callers.fetch_add(1, Ordering::SeqCst) >= MOST_CALLERS {
                self.callers.fetch_sub(1, Ordering::SeqCst);
                continue;
            }
            let desk = self.clone();
            let started = std::thread::Builder::new().name("caller".into()).spawn(move || {
                let _ = desk.converse(stream);
                desk.callers.fetch_sub(1, Ordering::SeqCst);
            });
            if started.is_err() {
                self.callers.fetch_sub(1, Ordering::SeqCst);
            }
        }
    }

    fn converse(&self, stream: UnixStream) -> io::Result<()> {
        let mut line = Line::over(stream)?;
        while let Some(question) = line.hear()? {
            if question == Question::Follow {
                loop {
                    line.say(&self.status())?;
                    std::thread::sleep(Duration::from_secs(1));
                }
            }
            line.say(&self.answer(&question))?;
        }
        Ok(())
    }

    fn answer(&self, question: &Question) -> Answer {
        if matches!(question, Question::Status | Question::Follow) {
            return self.status();
        }
        match question {
            Question::Crawl(line) => return self.crawl(line).map_or_else(|refused| refused, |()| Answer::Done),
            Question::EndCrawl => return self.end_crawl().map_or_else(|refused| refused, |()| Answer::Done),
            _ => {}
        }
        let command = match self.command(question) {
            Ok(command) => command,
            Err(text) => return Answer::refused("not_an_order", text),
        };
        let (reply, answer) = sync_channel(1);
        if self.asks.send(Ask::Order(command, reply)).is_err() {
            return busy();
        }
        match answer.recv_timeout(PATIENCE) {
            Ok(Ok(())) => {
                self.keep(question);
                Answer::Done
            }
            Ok(Err(refused)) => {
                let (code, text) = words(refused);
                Answer::refused(code, text)
            }
            Err(_) => busy(),
        }
    }

    fn status(&self) -> Answer {
        let (reply, answer) = sync_channel(1);
        match self.asks.send(Ask::Status(reply)).ok().and_then(|()| answer.recv_timeout(PATIENCE).ok()) {
            Some(mut snapshot) => {
                snapshot.look_for_files(&self.home);
                // What is open is the recorder's to say, which writes it into the status file.
                snapshot.incidents = status_file::incidents(&self.status);
                Answer::Status { status: snapshot.to_json() }
            }
            None => busy(),
        }
    }

    fn command(&self, question: &Question) -> Result<Command, Text> {
        Ok(match question {
            Question::Hold => Command::Hold,
            Question::Take => Command::Take,
            Question::Retake => Command::Retake,
            Question::Skip { item: None } => Command::Skip(None),
            Question::Skip { item: Some(id) } => Command::Skip(Some(id.parse().map_err(|_| {
                Text::new(format!("{id} bukan tanda butir jadwal."), format!("{id} is not the id of a planned item."))
            })?)),
            Question::Slate => Command::Slate,
            Question::Live { source } => match Source::parse(source) {
                Some(Source::Live(address)) => Command::Live(address.into()),
                _ => {
                    return Err(Text::new(
                        format!("{source} bukan alamat sumber langsung ({LIVE_FORMS})."),
                        format!("{source} is not the address of a live source ({LIVE_FORMS})."),
                    ));
                }
            },
            Question::Emergency(file) => Command::Emergency(Arc::new(self.emergency(file)?)),
            Question::Resume => Command::Resume,
            Question::Status | Question::Follow | Question::Crawl(_) | Question::EndCrawl => {
                return Err(Text::new("Itu pertanyaan, bukan perintah.", "That is a question, not an order."));
            }
        })
    }

    fn crawl(&self, line: &CrawlLine) -> Result<(), Answer> {
        let order = self.crawl_order(line).map_err(|text| Answer::refused("not_a_crawl", text))?;
        let since = self.ask_crawl(|reply| Ask::Crawl(Box::new(order), reply))?;
        let kept = CrawlLine { since: Some(self.zone.rfc3339(self.rate.start_of(since))), ..line.clone() };
        if let Err(error) = control::keep(&self.crawling, &Question::Crawl(kept)) {
            tracing::warn!("{} can't be kept: {error}; a restart forgets the crawl", self.crawling.display());
        }
        Ok(())
    }

    fn end_crawl(&self) -> Result<(), Answer> {
        let ended = self.ask_crawl(Ask::EndCrawl);
        if let Err(error) = fs::remove_file(&self.crawling)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!("{} can't be removed: {error}; a restart lets it run again", self.crawling.display());
        }
        ended.map(|_| ())
    }

    fn ask_crawl(&self, ask: impl FnOnce(SyncSender<Result<Tick, CrawlRefused>>) -> Ask) -> Result<Tick, Answer> {
        let (reply, answer) = sync_channel(1);
        let heard = self.asks.send(ask(reply)).ok().and_then(|()| answer.recv_timeout(PATIENCE).ok());
        heard.ok_or_else(busy)?.map_err(|refused| {
            let (code, text) = words_of_crawl(refused);
            Answer::refused(code, text)
        })
    }

    /// The words are set here, on the caller's thread.
    fn crawl_order(&self, line: &CrawlLine) -> Result<CrawlOrder, Text> {
        let text = CrawlText::new(&line.text)?;
        let by = line.by.trim();
        if by.is_empty() || by.contains(char::is_control) || by.chars().count() > MOST_NAME_CHARS {
            return Err(Text::new(
                "Sebutkan siapa yang memerintahkan teks berjalan, dalam satu baris pendek.",
                "Say on whose word the crawl runs, in one short line.",
            ));
        }
        if line.times.is_some_and(|times| !(1..=MOST_PASSES).contains(&times)) {
            return Err(Text::new(
                format!("Banyaknya putaran dari 1 sampai {MOST_PASSES}."),
                format!("A crawl passes 1 to {MOST_PASSES} times."),
            ));
        }
        let tick = |text: &Option<String>| {
            let read = text.as_deref().map(str::parse::<Instant>).transpose();
            read.map(|at| at.map(|at| self.rate.tick_from(at))).map_err(|_| {
                Text::new("Batas waktunya tidak terbaca.", "Its instant can't be read: RFC 3339 with offset is wanted.")
            })
        };
        let (since, until) = (tick(&line.since)?, tick(&line.until)?);
        let set = self.setter.set(&text)?;
        Ok(CrawlOrder { text, by: by.to_owned(), since, until, times: line.times, set })
    }

    /// A crawl outlives the player that shows it.
    fn crawl_again(&self, now: Instant) {
        let Some(Question::Crawl(line)) = control::kept(&self.crawling) else { return };
        let now = self.rate.tick_at(now);
        let order = self.crawl_order(&line).inspect_err(|why| tracing::warn!("the crawl does not run on: {}", why.en));
        match order.ok().filter(|order| !order.way(order.since.unwrap_or(now)).is_over(now)) {
            Some(order) => {
                let (reply, _) = sync_channel(1);
                let _ = self.asks.send(Ask::Crawl(Box::new(order), reply));
            }
            None => {
                let _ = fs::remove_file(&self.crawling);
            }
        }
    }

    fn emergency(&self, file: &EmergencyFile) -> Result<Emergency, Text> {
        let source = Source::parse(&file.source).filter(|source| matches!(source, Source::File(_)));
        let source = source.filter(|_| self.home.join(&file.source).is_file()).ok_or_else(|| {
            Text::new(
                format!("Berkas {} tidak ada di dalam folder Siaran.", file.source),
                format!("There is no file {} below the home.", file.source),
            )
        })?;
        let unclear = || Text::new("Perintah darurat tidak lengkap.", "The order of an emergency is not complete.");
        let sha256: Sha256 = file.sha256.parse().map_err(|_| unclear())?;
        let until: Instant = file.until.parse().map_err(|_| unclear())?;
        let wears = file.branding.as_deref().map_or(Ok(Wears::Nothing), str::parse);
        let wears = wears.map_err(|error| Text::new(format!("Perintah darurat: {error}."), format!("{error}.")))?;
        if file.by.trim().is_empty() || file.frames == 0 {
            return Err(Text::new(
                "Sebutkan siapa yang memerintahkan siaran darurat.",
                "Say on whose word the emergency airs.",
            ));
        }
        Ok(Emergency {
            sha256,
            source,
            duration_frames: file.frames,
            title: file.title.clone(),
            by: file.by.clone(),
            until: self.rate.tick_from(until),
            wears,
        })
    }

    /// What stands until a resume is kept for the player's successor.
    fn keep(&self, question: &Question) {
        let done = match question {
            Question::Slate | Question::Live { .. } | Question::Emergency(_) => control::keep(&self.standing, question),
            Question::Resume | Question::Take | Question::Retake => match fs::remove_file(&self.standing) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            },
            _ => Ok(()),
        };
        if let Err(error) = done {
            tracing::warn!("{} can't be kept: {error}; a restart forgets the order", self.standing.display());
        }
    }

    fn order_again(&self, now: Instant) {
        let question = control::kept(&self.standing);
        let over = |file: &EmergencyFile| file.until.parse::<Instant>().is_ok_and(|until| until <= now);
        let command = match &question {
            Some(Question::Emergency(file)) if over(file) => None,
            Some(question) => self.command(question).ok(),
            None => None,
        };
        match command {
            Some(command) => {
                let (reply, _) = sync_channel(1);
                let _ = self.asks.send(Ask::Order(command, reply));
            }
            None => {
                let _ = fs::remove_file(&self.standing);
            }
        }
    }
}

fn busy() -> Answer {
    Answer::refused(
        "no_answer",
        Text::new(
            "Pemutar tidak menjawab. Coba lagi; bila tetap begitu, lihat status layanannya.",
            "The player does not answer. Try again; if it stays so, look at the state of its service.",
        ),
    )
}

fn words_of_crawl(refused: CrawlRefused) -> (&'static str, Text) {
    match refused {
        CrawlRefused::AlreadyOver => (
            "already_over",
            Text::new("Batas waktunya sudah lewat.", "Its end lies in the past. Give a later instant."),
        ),
        CrawlRefused::NoneRuns => {
            ("no_crawl", Text::new("Tidak ada teks berjalan yang perlu diakhiri.", "No crawl runs; nothing is to end."))
        }
    }
}

fn words(refused: Refused) -> (&'static str, Text) {
    match refused {
        Refused::NothingToTake => (
            "nothing_to_take",
            Text::new(
                "Tidak ada butir berikutnya hari ini. Terbitkan jadwal lebih dahulu.",
                "No item is left today. Publish a plan first.",
            ),
        ),
        Refused::NothingToSkip => (
            "nothing_to_skip",
            Text::new(
                "Tidak ada butir jadwal yang tayang atau akan tayang dengan tanda itu.",
                "No planned item is on air, and none with that id is to come.",
            ),
        ),
        Refused::NothingToRetake => {
            ("nothing_to_retake", Text::new("Tidak ada butir jadwal yang sedang tayang.", "No planned item is on air."))
        }
        Refused::EmergencyOnAir => (
            "emergency_on_air",
            Text::new(
                "Siaran darurat sedang tayang. Akhiri dahulu dengan perintah resume.",
                "An emergency is on air. End it first with the order resume.",
            ),
        ),
        Refused::AlreadyOver => (
            "already_over",
            Text::new("Batas waktunya sudah lewat.", "Its end lies in the past. Give a later instant."),
        ),
        Refused::NothingToResume => (
            "nothing_to_resume",
            Text::new("Jadwal sudah tayang; tidak ada yang perlu diakhiri.", "The plan is on air; nothing is to end."),
        ),
    }
}
