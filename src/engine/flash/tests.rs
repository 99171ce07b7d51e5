//! Flashing, tried on pictures that someone draws by rule.

use super::*;
use proptest::prelude::*;

const WIDE: usize = 96;
const HIGH: usize = 54;
const GREY: [u8; 2] = [128, 128];

/// Code values of video range whose luminance is about 0.05, 0.15, 0.21, 0.50, 0.75, 0.84 and 1 of white.
const DARK: u8 = 70;
const DIM: u8 = 109;
const HALF: u8 = 177;
const BRIGHT: u8 = 211;
const WHITE_CODE: u8 = 235;

/// A film of so many pictures at this rate, its luma drawn by rule, its colours too.
fn film(rate: u64, pictures: u64, draw: impl Fn(u64, usize, usize) -> (u8, [u8; 2])) -> Flashes {
    let mut detector = FlashDetector::new(FlashThresholds::HOUSE, Colour::HOUSE);
    for picture in 0..pictures {
        let (chroma_wide, chroma_high) = (WIDE / 2, HIGH / 2);
        let mut pixels = Vec::with_capacity(Planes::bytes(WIDE, HIGH));
        pixels.extend((0..WIDE * HIGH).map(|n| draw(picture, n % WIDE, n / WIDE).0));
        for plane in 0..2 {
            let at = |n: usize| (n % chroma_wide * 2, n / chroma_wide * 2);
            pixels.extend((0..chroma_wide * chroma_high).map(|n| draw(picture, at(n).0, at(n).1).1[plane]));
        }
        let planes = Planes::of(&pixels, WIDE, HIGH).expect("as many bytes as planes");
        detector.push(picture * 1000 / rate, planes);
    }
    detector.finish()
}

/// The whole picture in one grey, picture by picture.
fn grey(rate: u64, pictures: u64, luma: impl Fn(u64) -> u8) -> Flashes {
    film(rate, pictures, |picture, _, _| (luma(picture), GREY))
}

/// Light and dark by turns, beginning dark: `half` pictures each.
fn square(half: u64, flips: u64) -> impl Fn(u64) -> u8 {
    move |picture| if picture >= half && (picture / half).min(flips) % 2 == 1 { HALF } else { DARK }
}

fn one(flashes: &Flashes) -> (FlashKind, u64, u64) {
    assert_eq!(flashes.dangerous.len(), 1, "{flashes:?}");
    let flash = flashes.dangerous[0];
    (flash.kind, flash.span.start_ms, flash.span.end_ms)
}

#[test]
fn three_flashes_in_a_second_pass_and_the_change_that_begins_a_fourth_is_refused() {
    assert_eq!(grey(25, 75, square(3, 6)), Flashes::default());
    let (kind, start_ms, end_ms) = one(&grey(25, 75, square(3, 7)));
    assert_eq!((kind, start_ms, end_ms), (FlashKind::Luminance, 120, 840));
}

#[test]
fn seven_changes_that_need_a_whole_second_pass() {
    // Two changes each 333 ms apart: the seventh comes one second after the first.
    let flips = |at: [u64; 7]| {
        move |picture: u64| if at.iter().filter(|f| **f <= picture).count() % 2 == 1 { HALF } else { DARK }
    };
    assert_eq!(grey(30, 90, flips([11, 12, 21, 22, 31, 32, 41])), Flashes::default());
    assert_eq!(one(&grey(30, 90, flips([11, 12, 21, 22, 31, 32, 40]))).0, FlashKind::Luminance);
}

#[test]
fn flashes_whose_leading_edges_are_360_ms_apart_may_go_on_for_ever() {
    let slow = grey(25, 500, |picture| if picture % 9 < 2 { WHITE_CODE } else { 16 });
    assert_eq!(slow, Flashes::default());
}

#[test]
fn three_flashes_in_every_second_are_pointed_out_once_they_have_lasted_five_seconds() {
    let thrice = |picture: u64| if picture % 10 < 5 { HALF } else { DARK };
    assert_eq!(grey(30, 140, thrice), Flashes::default());
    let flashes = grey(30, 300, thrice);
    assert_eq!(flashes.dangerous, []);
    assert_eq!(flashes.doubtful[0].kind, FlashKind::Sustained);
}

#[test]
fn a_quarter_of_the_picture_may_flash_and_no_more() {
    let part = |columns: usize| {
        film(25, 50, move |picture, x, _| (if x < columns { square(2, 99)(picture) } else { DARK }, GREY))
    };
    let quarter = part(WIDE / 4);
    assert_eq!(quarter.dangerous, []);
    assert_eq!((quarter.doubtful[0].kind, quarter.doubtful[0].area_percent), (FlashKind::Small, 25));
    assert_eq!(one(&part(WIDE / 4 + 1)).0, FlashKind::Luminance);
}

#[test]
fn a_tenth_of_white_counts_and_less_does_not() {
    let between = |low: u8, high: u8| grey(25, 50, move |picture| if picture / 2 % 2 == 0 { low } else { high });
    // 0.0513 and 0.1529 of white, then a code value less.
    assert_eq!(one(&between(DARK + 1, DIM + 1)).0, FlashKind::Luminance);
    assert_eq!(between(DARK + 1, DIM - 1), Flashes::default());
}

#[test]
fn what_is_bright_all_the_time_does_not_flash() {
    let between = |low: u8| grey(25, 50, move |picture| if picture / 2 % 2 == 0 { low } else { WHITE_CODE });
    assert_eq!(one(&between(BRIGHT)).0, FlashKind::Luminance);
    assert_eq!(between(BRIGHT + 6), Flashes::default());
}

#[test]
fn halves_that_flash_by_turns_flash_together() {
    let halves =
        film(25, 50, |picture, x, _| (if (picture / 2 % 2 == 0) == (x < WIDE / 2) { HALF } else { DARK }, GREY));
    assert_eq!(one(&halves).0, FlashKind::Luminance);
}

#[test]
fn changes_that_take_several_pictures_are_changes_too() {
    let wave = grey(50, 150, |picture| {
        let turn = std::f64::consts::TAU * 5.0 * picture as f64 / 50.0;
        (120.0 - 60.0 * turn.cos()) as u8
    });
    assert_eq!(one(&wave).0, FlashKind::Luminance);
}

#[test]
fn a_fence_that_passes_by_and_noise_are_no_flashes() {
    let fence = film(25, 100, |picture, x, _| {
        (if ((x + 3 * picture as usize) / 8).is_multiple_of(2) { HALF } else { DARK }, GREY)
    });
    assert_eq!(fence, Flashes::default());
    let noise = film(25, 100, |picture, x, y| {
        let mixed = (picture as usize * 7919 + x * 104_729 + y * 1_299_709) as u32;
        (if mixed.wrapping_mul(2_654_435_761) >> 31 == 0 { HALF } else { DARK }, GREY)
    });
    assert_eq!(noise.dangerous, []);
}

#[test]
fn cuts_between_scenes_and_a_fade_are_no_flashes() {
    assert_eq!(grey(25, 200, |picture| if picture / 10 % 2 == 0 { DARK } else { HALF }), Flashes::default());
    assert_eq!(grey(25, 200, |picture| 16 + picture as u8), Flashes::default());
}

#[test]
fn saturated_red_flashes_at_any_luminance() {
    // Red of Y 63, Cb 102, Cr 240, and a grey of the same luminance, then a red that is not saturated.
    let red = film(25, 50, |picture, _, _| if picture / 2 % 2 == 0 { (63, [102, 240]) } else { (126, GREY) });
    assert_eq!(one(&red).0, FlashKind::Red);
    let pale = film(25, 50, |picture, _, _| if picture / 2 % 2 == 0 { (110, [115, 165]) } else { (118, GREY) });
    assert_eq!(pale, Flashes::default());
}

#[test]
fn what_counts_is_when_pictures_are_shown_not_how_many_there_are() {
    assert_eq!(one(&grey(25, 50, square(2, 99))).0, FlashKind::Luminance);
    assert_eq!(grey(6, 50, square(1, 99)).dangerous, [], "three in a second, one after the other");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn more_than_three_flashes_a_second_are_found_wherever_they_lie_and_fewer_are_not(
        rate in prop::sample::select(vec![24_u64, 25, 30, 50, 60]), half in 1_u64..16,
        low in 70_u8..150, contrast in 50_u8..85, left in 0_usize..WIDE / 2, columns in WIDE * 27 / 100..WIDE / 2,
    ) {
        let flashes = film(rate, rate * 3, |picture, x, _| {
            let lit = picture / half % 2 == 1 && (left..left + columns).contains(&x);
            (if lit { low + contrast } else { low }, GREY)
        });
        // Seven changes from the first to the last take six halves.
        let found = flashes.dangerous.iter().any(|f| f.kind == FlashKind::Luminance);
        prop_assert_eq!(found, 6 * half * 1000 / rate < 999, "{:?}", flashes);
    }

    #[test]
    fn a_change_of_less_than_a_tenth_of_white_is_no_flash_at_any_speed(
        low in 16_u8..234, half in 1_u64..10, pictures in 10_u64..60,
    ) {
        let light = |code: u8| light::luminance(Light::new(Colour::HOUSE).rgb([code, 128, 128]));
        let high = (low..=235).take_while(|code| light(*code) < light(low).saturating_add(6553)).last().unwrap_or(low);
        prop_assert_eq!(grey(25, pictures, |picture| if picture / half % 2 == 0 { low } else { high }), Flashes::default());
    }

    #[test]
    fn a_larger_flash_is_never_less_dangerous(columns in 1_usize..WIDE, half in 1_u64..6) {
        let part = |columns: usize| film(25, 40, |picture, x, _| {
            (if x < columns && picture / half % 2 == 0 { HALF } else { DARK }, GREY)
        });
        let (smaller, larger) = (part(columns), part((columns + 7).min(WIDE)));
        prop_assert!(smaller.dangerous.len() <= larger.dangerous.len());
    }
}
