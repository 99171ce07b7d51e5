//! Acceptance, tried on what offices send and on what nobody should.

use super::*;
use crate::domain::colour::Colour;
use crate::domain::ids::Sha256;
use crate::domain::time::FrameRate;

/// A clip exactly in house format.
fn house_clip(duration_ms: u64) -> Inspection {
    let house = HouseFormat::DEFAULT;
    let video = VideoStream {
        codec: "h264".into(),
        width: house.width,
        height: house.height,
        frame_rate: Some(house.rate),
        pixel_aspect: (1, 1),
        rotation_deg: 0,
        interlaced: false,
        hdr: false,
        colour: Colour::HOUSE,
        frames: duration_ms / 40,
        duration_ms,
        still: false,
    };
    let audio = AudioStream { codec: "aac".into(), sample_rate_hz: 48_000, channels: 2, samples: duration_ms * 48 };
    let measured = Measured { integrated_lufs: Some(-23.2), true_peak_dbtp: Some(-2.0), ..Measured::default() };
    Inspection {
        bytes: 1,
        sha256: Sha256([0; 32]),
        container: Some("mov,mp4,m4a,3gp,3g2,mj2".into()),
        declared_ms: Some(duration_ms),
        duration_ms,
        video: Some(video),
        audio: Some(audio),
        measured,
        troubles: Vec::new(),
    }
}

fn judged(found: &Inspection) -> Judgement {
    judge(found, HouseFormat::DEFAULT, Policy::WALL)
}

fn with(change: impl FnOnce(&mut Inspection)) -> Judgement {
    let mut found = house_clip(15_000);
    change(&mut found);
    judged(&found)
}

fn video(found: &mut Inspection) -> &mut VideoStream {
    found.video.as_mut().expect("a picture")
}

fn span(start_ms: u64, end_ms: u64) -> MsSpan {
    MsSpan { start_ms, end_ms }
}

#[test]
fn a_clip_in_house_format_is_accepted_without_a_word() {
    assert_eq!(with(|_| {}), Judgement { verdict: Verdict::Accept, reasons: Vec::new() });
}

#[test]
fn five_minutes_are_accepted_one_frame_over_is_rounding_and_five_o_one_is_refused() {
    assert_eq!(judged(&house_clip(300_000)).verdict, Verdict::Accept);
    assert_eq!(judged(&house_clip(300_040)).verdict, Verdict::Accept);
    assert_eq!(judged(&house_clip(300_080)).verdict, Verdict::Refuse);
    let refusal = judged(&house_clip(301_000));
    let reason = &refusal.reasons[0];
    assert_eq!((reason.code, reason.limit, reason.value), (ReasonCode::TooLong, Some(300_000.0), Some(301_000.0)));
    assert_eq!(
        reason.text.id,
        "Klip ini 5:01,0 menit; paling lama 5:00,0. Potong sedikitnya 1,0 detik, lalu kirim ulang."
    );
}

#[test]
fn a_header_that_says_ten_seconds_does_not_save_a_long_clip() {
    let mut found = house_clip(301_000);
    found.declared_ms = Some(10_000);
    assert_eq!(judged(&found).verdict, Verdict::Refuse);
}

#[test]
fn what_conforming_mends_is_named_and_not_refused() {
    let judgement = with(|found| {
        let video = video(found);
        (video.codec, video.width, video.height, video.rotation_deg) = ("hevc".into(), 1080, 1920, 90);
        (video.frame_rate, video.interlaced, video.hdr) = (FrameRate::new(60, 1), true, true);
        found.measured.integrated_lufs = Some(-14.0);
    });
    assert_eq!(judgement.verdict, Verdict::Conform);
    let codes: Vec<ReasonCode> = judgement.reasons.iter().map(|r| r.code).collect();
    for code in [
        ReasonCode::Format,
        ReasonCode::Resolution,
        ReasonCode::FrameRate,
        ReasonCode::Rotated,
        ReasonCode::Interlaced,
        ReasonCode::Hdr,
        ReasonCode::Loudness,
    ] {
        assert!(codes.contains(&code), "{code:?} in {codes:?}");
    }
    assert!(!judgement.reasons.iter().any(|r| r.code == ReasonCode::Resolution && r.severity == Severity::Warn));
}

#[test]
fn ten_seconds_of_black_are_refused_and_half_a_second_inside_is_pointed_out() {
    let refused = with(|found| found.measured.black = vec![span(1000, 11_000)]);
    assert_eq!((refused.verdict, refused.reasons[0].at_ms), (Verdict::Refuse, Some(1000)));
    let whole = with(|found| {
        *found = house_clip(4000);
        found.measured.black = vec![span(0, 4000)];
    });
    assert_eq!(whole.reasons[0].text.en, "The whole clip is black. Check the export and send it again.");
    let warned = with(|found| found.measured.black = vec![span(0, 1500), span(5000, 5600)]);
    assert_eq!((warned.verdict, warned.reasons[0].at_ms), (Verdict::Accept, Some(5000)));
    assert_eq!(with(|found| found.measured.black = vec![span(0, 1500)]).reasons, []);
}

#[test]
fn a_poster_is_confirmed_by_a_person_and_never_refused() {
    let judgement = with(|found| found.measured.freeze = vec![span(0, 15_000)]);
    assert_eq!((judgement.verdict, judgement.reasons[0].severity), (Verdict::Accept, Severity::Warn));
    assert!(judgement.reasons[0].text.id.contains("Verifikator"));
}

#[test]
fn flashing_beyond_the_limits_is_refused_with_its_place_and_flashing_within_them_is_pointed_out() {
    let flash = |kind, start_ms| Flash { span: span(start_ms, start_ms + 1200), kind, area_percent: 40 };
    let refused = with(|found| {
        found.measured.flash = vec![flash(FlashKind::Luminance, 65_200), flash(FlashKind::Luminance, 70_000)];
    });
    assert_eq!((refused.verdict, refused.reasons[0].at_ms), (Verdict::Refuse, Some(65_200)));
    assert_eq!(
        refused.reasons[0].text.id,
        "Kilatan pada 1:05,2 sampai 1:06,4 (40 % gambar) dapat memicu kejang. Perlambat atau redupkan bagian itu, lalu \
         kirim ulang. Ada 1 bagian lain seperti itu."
    );
    let warned = with(|found| found.measured.doubtful_flash = vec![flash(FlashKind::Small, 0)]);
    assert_eq!((warned.verdict, warned.reasons[0].severity), (Verdict::Accept, Severity::Warn));
}

#[test]
fn a_damaged_clip_is_refused_and_one_error_in_two_thousand_pictures_is_pointed_out() {
    assert_eq!(with(|found| found.troubles = vec![Trouble::Damaged { errors: 3 }]).verdict, Verdict::Refuse);
    let mut long = house_clip(80_000);
    long.troubles = vec![Trouble::Damaged { errors: 1 }];
    assert_eq!(judged(&long).verdict, Verdict::Accept);
}

#[test]
fn a_short_end_is_a_warning_alone_and_a_refusal_with_damage() {
    let truncated = Trouble::Truncated { declared_ms: 60_000, decoded_ms: 15_000 };
    assert_eq!(with(|found| found.troubles = vec![truncated.clone()]).verdict, Verdict::Accept);
    let both = with(|found| found.troubles = vec![truncated, Trouble::Damaged { errors: 1 }]);
    assert_eq!(both.verdict, Verdict::Refuse);
    assert!(both.reasons.iter().any(|r| r.code == ReasonCode::Truncated && r.severity == Severity::Fail));
}

#[test]
fn silence_is_legal_on_a_wall_and_sound_without_a_picture_is_not() {
    let silent = with(|found| found.measured.integrated_lufs = None);
    assert_eq!((silent.verdict, silent.reasons[0].severity), (Verdict::Accept, Severity::Note));
    let mute = with(|found| found.audio = None);
    assert_eq!(mute.verdict, Verdict::Conform, "a silent track is added");
    let sound_only = with(|found| found.video = None);
    assert_eq!((sound_only.verdict, sound_only.reasons[0].code), (Verdict::Refuse, ReasonCode::NoVideo));
}

#[test]
fn what_is_no_media_is_refused_with_its_own_name_and_nothing_else() {
    let judgement = with(|found| {
        (found.video, found.audio) = (None, None);
        found.troubles = vec![Trouble::NotMedia { looks_like: "office document".into() }];
    });
    assert_eq!(judgement.reasons.len(), 1);
    assert_eq!(
        judgement.reasons[0].text.id,
        "Ini bukan video atau gambar, melainkan dokumen. Kirim berkas videonya sendiri, misalnya MP4, atau gambarnya sebagai JPG atau PNG."
    );
}

#[test]
fn a_telephone_held_upright_leaves_two_thirds_of_the_wall_empty() {
    let judgement = with(|found| {
        let video = video(found);
        (video.width, video.height) = (1080, 1920);
    });
    let unused = judgement.reasons.iter().find(|r| r.severity == Severity::Warn).expect("pointed out");
    assert_eq!(unused.value, Some(69.0));
}

#[test]
fn black_bars_in_the_picture_count_as_wall_that_stays_empty() {
    let judgement = with(|found| found.measured.bars = Bars { top: 150, bottom: 150, left: 0, right: 0 });
    let unused = judgement.reasons.iter().find(|r| r.code == ReasonCode::Resolution).expect("pointed out");
    assert_eq!((unused.severity, unused.value), (Severity::Warn, Some(30.0)));
}

#[test]
fn what_is_wrong_with_the_sound_is_pointed_out_with_its_place() {
    let judgement = with(|found| {
        found.measured.cancelling = vec![span(1000, 4500)];
        found.measured.dead_channel = Some(1);
        (found.measured.clipped_runs, found.measured.first_clipped_ms) = (12, Some(65_000));
        found.measured.out_of_range = vec![span(0, 15_000)];
        found.measured.streams = (1, 2);
    });
    assert_eq!(judgement.verdict, Verdict::Accept);
    let codes: Vec<ReasonCode> = judgement.reasons.iter().map(|r| r.code).collect();
    assert_eq!(
        codes,
        [ReasonCode::Levels, ReasonCode::Streams, ReasonCode::Phase, ReasonCode::DeadChannel, ReasonCode::Clipping]
    );
    let clipping = &judgement.reasons[4];
    assert_eq!(clipping.at_ms, Some(65_000));
    assert!(clipping.text.id.starts_with("Suara pecah di 12 tempat, pertama pada 1:05,0"), "{}", clipping.text.id);
}

#[test]
fn every_trouble_has_words_in_both_languages() {
    let troubles = [
        Trouble::Empty,
        Trouble::NotMedia { looks_like: "HTML".into() },
        Trouble::TooLarge { limit_bytes: 1 },
        Trouble::Undecodable { said: "x".into() },
        Trouble::Truncated { declared_ms: 2, decoded_ms: 1 },
        Trouble::Damaged { errors: 1 },
        Trouble::Stalled { after_ms: 1 },
        Trouble::SizeChanges,
        Trouble::TooManyPixels { width: 1, height: 1 },
    ];
    for trouble in troubles {
        let judgement = with(|found| found.troubles = vec![trouble.clone()]);
        let text = &judgement.reasons[0].text;
        assert!(text.id.ends_with('.') && text.en.ends_with('.') && text.id != text.en, "{trouble:?}: {text:?}");
    }
}

#[test]
fn what_a_decoder_says_of_a_common_fault_is_said_in_an_offices_words() {
    let cut_off = words::undecodable("moov atom not found");
    assert_eq!(
        cut_off.id,
        "Berkas ini tidak dapat diputar: isinya tidak lengkap, mungkin terpotong saat disalin. Ekspor ulang sebagai MP4 \
         (H.264), periksa dengan memutarnya, lalu kirim lagi."
    );
    assert!(
        words::undecodable("Picture size 60000x60000 is invalid").en.contains("the size of its picture is impossible")
    );
    assert!(words::undecodable("some rare fault").en.contains("can't be played: some rare fault."));
}
