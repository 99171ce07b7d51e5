//! What a painter draws, pixel by pixel.

use std::collections::BTreeMap;

use super::*;
use crate::domain::branding::{Corner, Edge, Layers, Rgb};
use crate::domain::channel::{Hours, HouseFormat};

const FONTS: &str = "/usr/share/fonts/truetype/dejavu";
const WHITE: Rgb = Rgb([255; 3]);

fn letters() -> Result<Letters, LettersError> {
    Letters::load(Path::new(FONTS))
}

/// A wall of 320×180.
fn channel() -> Channel {
    let midnight = "00:00".parse().expect("a time");
    Channel {
        id: "wall".parse().expect("a name"),
        title: "Wall".into(),
        zone: "Asia/Jakarta".parse().expect("a zone"),
        hours: Hours { open: midnight, close: midnight },
        house: HouseFormat { width: 320, height: 180, ..HouseFormat::DEFAULT },
        conforming: crate::domain::asset::ConformChoice::USUAL,
        latency_ms: 0,
    }
}

fn ink(letters_px: u32) -> Ink {
    Ink { letters_px, colour: WHITE, ground: Rgb([160, 0, 0]), ground_opacity: Percent::FULL }
}

fn band(letters_px: u32, speed_px_s: u32) -> Band {
    Band { edge: Edge::Bottom, margin_px: 0, ink: ink(letters_px), speed_px_s }
}

fn label(text: &str, corner: Corner) -> Drawing {
    Drawing::Label { text: text.into(), place: Place::Corner(corner, (8, 8)), ink: ink(16) }
}

/// Layers called `layer-1`, `layer-2`…
fn branding(drawings: Vec<Drawing>) -> Branding {
    let name = |n: usize| format!("layer-{}", n + 1).parse().expect("a name");
    let layers = drawings.into_iter().enumerate().map(|(n, drawing)| Layer { name: name(n), drawing });
    Branding { layers: layers.collect(), sets: BTreeMap::new(), crawl: band(24, 150) }
}

fn painter(home: &Path, drawings: Vec<Drawing>) -> (Painter, Vec<Fault>) {
    Painter::prepare(home, &channel(), &branding(drawings), &letters())
}

fn ground() -> Picture {
    Raster { width: 320, height: 180 }.plain([100, 128, 128])
}

fn bare(wears: &Wears) -> Dress<'_> {
    Dress { wears, time_is_known: true, crawl: None }
}

/// Rows and columns of luma that are not the ground's: left, top, right, bottom, the last ones included.
fn drawn(picture: &Picture) -> Option<(usize, usize, usize, usize)> {
    let luma = picture.planes()[0];
    let at: Vec<_> = luma.iter().enumerate().filter(|(_, y)| **y != 100).map(|(n, _)| (n % 320, n / 320)).collect();
    let (xs, ys) = (at.iter().map(|p| p.0), at.iter().map(|p| p.1));
    Some((xs.clone().min()?, ys.clone().min()?, xs.max()?, ys.max()?))
}

fn at(text: &str) -> Tick {
    FrameRate::PAL.tick_from(text.parse().expect("an instant"))
}

#[test]
fn a_logo_is_scaled_and_keeps_its_margin_and_one_that_is_missing_is_named_and_the_rest_drawn() {
    let home = tempfile::tempdir().expect("a folder");
    RgbaImage::from_pixel(80, 40, image::Rgba([255; 4])).save(home.path().join("logo.png")).expect("saved");
    let logo = |file: &str, place| Drawing::Logo { file: file.into(), place, height_px: 20, opacity: Percent::FULL };
    let corner = Place::Corner(Corner::TopRight, (10, 6));
    let (mut painter, faults) = painter(home.path(), vec![logo("logo.png", corner), logo("gone.png", Place::At(0, 0))]);
    let painted = painter.paint(Tick(0), &ground(), bare(&Wears::All));
    assert_eq!(drawn(&painted), Some((270, 6, 309, 25)));
    assert_eq!(faults.len(), 1);
    let said = faults[0].to_string();
    assert!(said.contains("\"layer-2\"") && said.contains("gone.png"), "{said}");
}

#[test]
fn what_wears_nothing_is_passed_on_uncopied_and_a_set_chooses() {
    let home = tempfile::tempdir().expect("a folder");
    let drawings = vec![label("Deli Serdang", Corner::TopLeft), label("Lubuk Pakam", Corner::BottomRight)];
    let sets = [("low".parse().expect("a name"), Layers::NONE.with(1))].into();
    let branding = Branding { sets, ..branding(drawings) };
    let (mut painter, faults) = Painter::prepare(home.path(), &channel(), &branding, &letters());
    assert_eq!(faults, []);
    let picture = ground();
    let same = painter.paint(Tick(0), &picture, bare(&Wears::Nothing));
    assert!(std::ptr::eq(same.planes()[0], picture.planes()[0]), "not a copy");
    let low = painter.paint(Tick(0), &picture, bare(&"low".parse().expect("a set")));
    assert!(drawn(&low).is_some_and(|(left, top, ..)| left > 100 && top > 90), "{:?}", drawn(&low));
    let all = painter.paint(Tick(0), &picture, bare(&Wears::All));
    assert!(drawn(&all).is_some_and(|(left, top, ..)| left < 40 && top < 40), "{:?}", drawn(&all));
    assert_eq!(drawn(&picture), None, "what is shared is never written to");
}

#[test]
fn a_clock_changes_with_its_second_on_the_channels_own_time_and_hides_while_nobody_knows_the_time() {
    let home = tempfile::tempdir().expect("a folder");
    let form = "HH:MM:SS".parse().expect("a form");
    let place = Place::Corner(Corner::BottomLeft, (8, 8));
    let (mut painter, faults) = painter(home.path(), vec![Drawing::Clock { form, place, ink: ink(24) }]);
    assert_eq!(faults, []);
    let wears = Wears::All;
    let mut look = |text: &str| painter.paint(at(text), &ground(), bare(&wears)).to_vec();
    let first = look("2026-11-22T06:59:58.000+07:00");
    assert_eq!(first, look("2026-11-22T06:59:58.960+07:00"), "the last frame of the second");
    assert_ne!(first, look("2026-11-22T06:59:59.000+07:00"));
    assert_eq!(look("2026-11-22T07:00:00.000+07:00"), look("2026-11-22T00:00:00.000Z"), "it is Jakarta's time");
    assert_eq!(first, look("2026-11-23T06:59:58.000+07:00"), "the same time of another day");
    let unknown = Dress { time_is_known: false, ..bare(&wears) };
    assert_eq!(drawn(&painter.paint(Tick(0), &ground(), unknown)), None);
}

#[test]
fn a_ticker_moves_by_its_step_at_every_tick_also_where_it_begins_anew() {
    let home = tempfile::tempdir().expect("a folder");
    let text = "Imunisasi gratis di semua Posyandu".to_owned();
    let (mut painter, faults) = painter(home.path(), vec![Drawing::Ticker { text, band: band(20, 125) }]);
    assert_eq!(faults, []);
    let mut row = |tick: i64| {
        let picture = painter.paint(Tick(tick), &ground(), bare(&Wears::All));
        (150..180).flat_map(|y| picture.planes()[0][y * 320..][..320].to_vec()).collect::<Vec<u8>>()
    };
    let mut before = row(1_000_000);
    // More than twice around.
    for tick in 1_000_001..1_000_300 {
        let now = row(tick);
        let same = |(old, new): (&[u8], &[u8])| old[5..] == new[..315];
        assert!(before.chunks(320).zip(now.chunks(320)).all(same), "tick {tick}: not 5 pixels further");
        before = now;
    }
}

#[test]
fn a_crawl_runs_over_what_wears_nothing_from_the_right_edge_to_the_left() {
    let home = tempfile::tempdir().expect("a folder");
    let branding = branding(Vec::new());
    let setter = CrawlSetter::new(&channel(), &branding, letters());
    let set = setter.set(&CrawlText::new("Banjir").expect("a line")).expect("set");
    let (mut painter, _) = Painter::prepare(home.path(), &channel(), &branding, &letters());
    let mut white = |travelled| {
        let dress = Dress { crawl: Some((&set.strip, travelled)), ..bare(&Wears::Nothing) };
        let picture = painter.paint(Tick(0), &ground(), dress);
        let luma = picture.planes()[0];
        let columns: Vec<_> = (0..luma.len()).filter(|n| luma[*n] > 200).map(|n| n % 320).collect();
        columns.iter().min().copied().zip(columns.iter().max().copied())
    };
    assert_eq!(white(0), None, "the empty band comes first");
    assert!(white(40).is_some_and(|(left, right)| (280..290).contains(&left) && right >= 315));
    assert_eq!(white(set.path_px), None, "the last letter is gone");
    let said = setter.set(&CrawlText::new("Banjir 漢").expect("a line")).expect_err("no such letter");
    assert!(said.en.contains('漢'), "{said:?}");
}

#[test]
fn pictures_to_draw_on_are_used_again_once_nobody_reads_them() {
    let home = tempfile::tempdir().expect("a folder");
    let (mut painter, _) = painter(home.path(), vec![label("Deli Serdang", Corner::TopLeft)]);
    let mut with_the_probe = std::collections::VecDeque::new();
    let mut fresh = 0;
    for tick in 0..100 {
        let places: Vec<_> = painter.spare.iter().map(|spare| spare.planes()[0].as_ptr()).collect();
        let painted = painter.paint(Tick(tick), &ground(), bare(&Wears::All));
        fresh += u32::from(!places.contains(&painted.planes()[0].as_ptr()));
        with_the_probe.push_back(painted);
        if with_the_probe.len() > 2 {
            with_the_probe.pop_front();
        }
    }
    assert_eq!((fresh, painter.spare.len()), (3, 3));
}
