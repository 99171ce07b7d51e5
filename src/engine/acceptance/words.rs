//! What people read: the place in the clip, the numbers, and what to do. Indonesian first, then English.

use crate::domain::asset::{AudioStream, Flash, FlashKind, MsSpan, Trouble};
use crate::domain::channel::HouseFormat;
use crate::domain::text::{Lang, Text, decimal};
use crate::domain::time::FrameRate;

/// `1:05,2` as people read a place in a clip.
fn clock(ms: u64, lang: Lang) -> String {
    let tenths = ms / 100;
    let (minutes, seconds) = (tenths / 600, (tenths % 600) as f64 / 10.0);
    let padding = if seconds < 10.0 { "0" } else { "" };
    format!("{minutes}:{padding}{}", decimal(seconds, 1, lang))
}

fn seconds(ms: u64, lang: Lang) -> String {
    decimal(ms as f64 / 1000.0, 1, lang)
}

/// A sentence in which times and lengths are written as each language does.
fn both(id: impl Fn(Lang) -> String, en: impl Fn(Lang) -> String) -> Text {
    Text::new(id(Lang::Id), en(Lang::En))
}

pub(super) fn empty() -> Text {
    Text::new(
        "Berkas ini kosong. Kirim ulang; kemungkinan pengunggahan terputus.",
        "This file is empty. Send it again; the upload was probably cut off.",
    )
}

pub(super) fn not_media(looks_like: &str) -> Text {
    let kind = match looks_like {
        "archive" => "arsip (ZIP, RAR, …)",
        "office document" => "dokumen",
        "program" => "program",
        "script" => "skrip",
        "text" => "teks",
        "database" => "basis data",
        "HTML" => "halaman web (HTML)",
        "XML" => "gambar vektor (SVG) atau XML",
        other => other,
    };
    Text::new(
        format!(
            "Ini bukan video atau gambar, melainkan {kind}. Kirim berkas videonya sendiri, misalnya MP4, atau gambarnya \
             sebagai JPG atau PNG."
        ),
        format!(
            "This is not a video or a picture but this: {looks_like}. Send the video file itself, for example MP4, or the \
             picture as JPG or PNG."
        ),
    )
}

pub(super) fn too_large(limit_bytes: u64) -> Text {
    let mb = limit_bytes / 1_000_000;
    Text::new(
        format!("Berkas ini lebih besar dari {mb} MB. Ekspor ulang dengan mutu 1080p biasa."),
        format!("This file is larger than {mb} MB. Export it again at ordinary 1080p quality."),
    )
}

/// What a decoder says of common files, for people who don't know decoders; others have its own words.
fn plainly(said: &str) -> (&str, &str) {
    const PLAIN: [(&str, &str, &str); 3] = [
        (
            "moov atom not found",
            "isinya tidak lengkap, mungkin terpotong saat disalin",
            "part of it is missing, perhaps cut off while it was copied",
        ),
        ("Picture size", "ukuran gambarnya tidak mungkin", "the size of its picture is impossible"),
        (
            "Invalid data found",
            "isinya rusak atau bukan video yang dikenal",
            "what is in it is damaged, or no video that is known",
        ),
    ];
    PLAIN.iter().find(|(word, ..)| said.contains(word)).map_or((said, said), |(_, id, en)| (*id, *en))
}

pub(super) fn undecodable(said: &str) -> Text {
    if said == Trouble::HEIC_BROKEN {
        return Text::new(
            "Foto HEIC ini rusak atau tidak lengkap, sehingga tidak terbaca. Buka di telepon, simpan atau bagikan sebagai JPEG, \
             lalu kirim lagi.",
            "This HEIC picture is damaged or incomplete and can't be read. Open it on the telephone, save or share it as JPEG, \
             and send that.",
        );
    }
    if said == Trouble::HEIC_UNKNOWN {
        return Text::new(
            "Ini foto HEIC dari telepon, yang tidak dapat dibaca di sini. Simpan atau bagikan sebagai JPEG, lalu kirim lagi; \
             di iPhone: Pengaturan, Kamera, Format, Paling Kompatibel.",
            "This is a telephone's HEIC picture, which can't be read here. Save or share it as JPEG and send that; on an \
             iPhone: Settings, Camera, Formats, Most Compatible.",
        );
    }
    let (why_id, why_en) = plainly(said);
    Text::new(
        format!(
            "Berkas ini tidak dapat diputar: {why_id}. Ekspor ulang sebagai MP4 (H.264), periksa dengan memutarnya, lalu \
             kirim lagi."
        ),
        format!(
            "This file can't be played: {why_en}. Export it again as MP4 (H.264), play it once to check, and send it again."
        ),
    )
}

pub(super) fn truncated(declared_ms: u64, decoded_ms: u64, refused: bool) -> Text {
    let (todo_id, todo_en) = match refused {
        true => (
            "Berkas terpotong; salin atau unggah ulang dari aslinya.",
            "The file was cut off; copy or upload the original again.",
        ),
        false => ("Periksa apakah klip sudah lengkap.", "Check that the clip is complete."),
    };
    both(
        |l| {
            format!(
                "Berkas menyebut {} tetapi hanya {} yang dapat diputar. {todo_id}",
                clock(declared_ms, l),
                clock(decoded_ms, l)
            )
        },
        |l| {
            format!(
                "The file promises {} but only {} can be played. {todo_en}",
                clock(declared_ms, l),
                clock(decoded_ms, l)
            )
        },
    )
}

pub(super) fn damaged(errors: u64, refused: bool) -> Text {
    let (todo_id, todo_en) = match refused {
        true => ("Kirim ulang dari berkas aslinya.", "Send it again from the original file."),
        false => ("Tonton sekali sebelum disetujui.", "Watch it once before it is approved."),
    };
    Text::new(
        format!("Berkas rusak: {errors} kesalahan saat dibaca. {todo_id}"),
        format!("The file is damaged: {errors} errors while it was read. {todo_en}"),
    )
}

pub(super) fn stalled(after_ms: u64) -> Text {
    both(
        |l| {
            format!(
                "Berkas ini tidak selesai dibaca dalam {} detik. Ekspor ulang sebagai MP4 (H.264).",
                seconds(after_ms, l)
            )
        },
        |l| {
            format!(
                "This file could not be read within {} seconds. Export it again as MP4 (H.264).",
                seconds(after_ms, l)
            )
        },
    )
}

pub(super) fn size_changes() -> Text {
    Text::new(
        "Ukuran gambar berubah di tengah klip. Tonton sekali sebelum disetujui.",
        "The picture changes size in the middle of the clip. Watch it once before it is approved.",
    )
}

pub(super) fn too_many_pixels(width: u32, height: u32) -> Text {
    Text::new(
        format!("Gambar {width}×{height} piksel terlalu besar untuk dibaca. Perkecil menjadi 3840×2160 atau kurang."),
        format!("A picture of {width}×{height} pixels is too large to read. Reduce it to 3840×2160 or less."),
    )
}

pub(super) fn no_video() -> Text {
    Text::new(
        "Berkas ini hanya berisi suara, sedangkan videotron memerlukan gambar. Kirim video atau gambar.",
        "This file holds only sound, and the wall needs a picture. Send a video or a picture.",
    )
}

pub(super) fn too_long(length_ms: u64, longest_ms: u64) -> Text {
    let over = length_ms.saturating_sub(longest_ms);
    both(
        |l| {
            format!(
                "Klip ini {} menit; paling lama {}. Potong sedikitnya {} detik, lalu kirim ulang.",
                clock(length_ms, l),
                clock(longest_ms, l),
                seconds(over, l)
            )
        },
        |l| {
            format!(
                "This clip is {} minutes long; at most {} is allowed. Cut at least {} seconds and send it again.",
                clock(length_ms, l),
                clock(longest_ms, l),
                seconds(over, l)
            )
        },
    )
}

pub(super) fn too_short(length_ms: u64) -> Text {
    both(
        |l| format!("Klip ini hanya {} detik. Pastikan memang demikian.", seconds(length_ms, l)),
        |l| format!("This clip is only {} seconds long. Make sure that it is meant to be.", seconds(length_ms, l)),
    )
}

pub(super) fn black_refused(span: MsSpan, whole: bool) -> Text {
    if whole {
        return Text::new(
            "Seluruh klip hitam. Periksa hasil ekspor, lalu kirim ulang.",
            "The whole clip is black. Check the export and send it again.",
        );
    }
    both(
        |l| {
            format!(
                "Gambar hitam selama {} detik mulai {}. Potong bagian itu, lalu kirim ulang.",
                seconds(span.length_ms(), l),
                clock(span.start_ms, l)
            )
        },
        |l| {
            format!(
                "The picture is black for {} seconds from {}. Cut that part and send it again.",
                seconds(span.length_ms(), l),
                clock(span.start_ms, l)
            )
        },
    )
}

pub(super) fn black(span: MsSpan) -> Text {
    both(
        |l| {
            format!(
                "Gambar hitam selama {} detik mulai {}. Di videotron tampak seperti gangguan; sebaiknya dipotong.",
                seconds(span.length_ms(), l),
                clock(span.start_ms, l)
            )
        },
        |l| {
            format!(
                "The picture is black for {} seconds from {}. On the wall it looks like a fault; better cut it.",
                seconds(span.length_ms(), l),
                clock(span.start_ms, l)
            )
        },
    )
}

pub(super) fn frozen(span: MsSpan, confirm: bool) -> Text {
    let (todo_id, todo_en) = match confirm {
        true => (
            "Verifikator perlu memastikan bahwa ini poster, bukan gangguan.",
            "The verifier has to confirm that it is a poster and not a fault.",
        ),
        false => ("Pastikan memang demikian.", "Make sure that it is meant to be."),
    };
    both(
        |l| {
            format!(
                "Gambar tidak bergerak selama {} detik mulai {}. {todo_id}",
                seconds(span.length_ms(), l),
                clock(span.start_ms, l)
            )
        },
        |l| {
            format!(
                "The picture stands still for {} seconds from {}. {todo_en}",
                seconds(span.length_ms(), l),
                clock(span.start_ms, l)
            )
        },
    )
}

/// A stretch of flashing, and how many more of its kind there are.
pub(super) fn flashing(flash: Flash, more: usize) -> Text {
    let (kind_id, kind_en) = match flash.kind {
        FlashKind::Luminance => ("Kilatan", "Flashing"),
        FlashKind::Red => ("Kilatan merah", "Red flashing"),
        FlashKind::Small => ("Kilatan pada sebagian kecil gambar", "Flashing in a small part of the picture"),
        FlashKind::Sustained => ("Kilatan yang berlangsung lama", "Flashing that goes on"),
    };
    let (todo_id, todo_en) = match flash.kind {
        FlashKind::Luminance | FlashKind::Red => (
            "dapat memicu kejang. Perlambat atau redupkan bagian itu, lalu kirim ulang.",
            "can trigger seizures. Slow it down or dim it and send the clip again.",
        ),
        FlashKind::Small | FlashKind::Sustained => (
            "masih dalam batas, tetapi dapat mengganggu. Tonton bagian itu sebelum disetujui.",
            "is within the limits but can disturb people. Watch that part before it is approved.",
        ),
    };
    let (more_id, more_en) = match more {
        0 => (String::new(), String::new()),
        more => (format!(" Ada {more} bagian lain seperti itu."), format!(" There are {more} more such parts.")),
    };
    let area = flash.area_percent;
    both(
        |l| {
            let (from, to) = (clock(flash.span.start_ms, l), clock(flash.span.end_ms, l));
            format!("{kind_id} pada {from} sampai {to} ({area} % gambar) {todo_id}{more_id}")
        },
        |l| {
            let (from, to) = (clock(flash.span.start_ms, l), clock(flash.span.end_ms, l));
            format!("{kind_en} from {from} to {to} ({area} % of the picture) {todo_en}{more_en}")
        },
    )
}

pub(super) fn levels(span: MsSpan) -> Text {
    both(
        |l| {
            format!(
                "Terang gambar melewati batas siar selama {} detik mulai {}; bagian paling terang atau gelap bisa \
                 hilang. Ekspor ulang dengan tingkat video (16–235) bila terlihat.",
                seconds(span.length_ms(), l),
                clock(span.start_ms, l)
            )
        },
        |l| {
            format!(
                "The picture's brightness is beyond what can be sent for {} seconds from {}; its brightest or darkest \
                 parts may be lost. Export it again at video levels (16–235) if that shows.",
                seconds(span.length_ms(), l),
                clock(span.start_ms, l)
            )
        },
    )
}

pub(super) fn streams(pictures: usize, sounds: usize) -> Text {
    Text::new(
        format!(
            "Berkas berisi {pictures} jalur gambar dan {sounds} jalur suara; yang ditayangkan yang pertama. \
             Dengarkan dan tonton sekali sebelum disetujui."
        ),
        format!(
            "The file holds {pictures} picture and {sounds} sound tracks; the first ones air. \
             Watch it and listen to it once before it is approved."
        ),
    )
}

pub(super) fn phase(span: MsSpan) -> Text {
    both(
        |l| {
            format!(
                "Suara kiri dan kanan saling meniadakan selama {} detik mulai {}; dari jauh hampir tidak terdengar. \
                 Periksa kabel atau setelan fase, lalu kirim ulang.",
                seconds(span.length_ms(), l),
                clock(span.start_ms, l)
            )
        },
        |l| {
            format!(
                "Left and right sound cancel each other for {} seconds from {}; from afar it is hardly heard. \
                 Check the cables or the phase setting and send it again.",
                seconds(span.length_ms(), l),
                clock(span.start_ms, l)
            )
        },
    )
}

pub(super) fn dead_channel(dead: usize) -> Text {
    let (id, en) = if dead == 0 { ("kiri", "left") } else { ("kanan", "right") };
    Text::new(
        format!("Kanal {id} tanpa suara sama sekali. Bila tidak disengaja, ekspor ulang dengan suara di kedua kanal."),
        format!("The {en} channel has no sound at all. If that is not meant, export it again with both channels."),
    )
}

pub(super) fn clipping(runs: u64, first_ms: u64) -> Text {
    both(
        |l| {
            format!(
                "Suara pecah di {runs} tempat, pertama pada {}: direkam terlalu keras. Dengarkan sekali sebelum disetujui.",
                clock(first_ms, l)
            )
        },
        |l| {
            format!(
                "The sound is cut off in {runs} places, first at {}: it was recorded too loud. Listen to it once before \
                 it is approved.",
                clock(first_ms, l)
            )
        },
    )
}

pub(super) fn still() -> Text {
    Text::new("Gambar diam: dijadikan spot beberapa detik.", "A still picture: it is made into a spot of some seconds.")
}

pub(super) fn other_format(codec: &str) -> Text {
    Text::new(
        format!("Format {codec} diubah ke format siar."),
        format!("The format {codec} is converted to the house format."),
    )
}

pub(super) fn raster(width: u32, height: u32, wall_width: u32, wall_height: u32) -> Text {
    Text::new(
        format!("Gambar {width}×{height} disesuaikan ke {wall_width}×{wall_height}."),
        format!("The picture of {width}×{height} is fitted to {wall_width}×{wall_height}."),
    )
}

pub(super) fn frame_rate(found: Option<FrameRate>, house: FrameRate) -> Text {
    let per_second = |rate: FrameRate, l| decimal(f64::from(rate.num()) / f64::from(rate.den()), 2, l);
    both(
        |l| {
            let from = found.map_or("tidak tetap".to_owned(), |rate| per_second(rate, l));
            format!("Laju gambar {from} per detik diubah menjadi {}.", per_second(house, l))
        },
        |l| {
            let from = found.map_or("that varies".to_owned(), |rate| format!("of {}", per_second(rate, l)));
            format!("A picture rate {from} is converted to {} per second.", per_second(house, l))
        },
    )
}

pub(super) fn rotated(degrees: u16) -> Text {
    Text::new(
        format!("Gambar diputar {degrees}° agar tegak."),
        format!("The picture is turned by {degrees}° to stand upright."),
    )
}

pub(super) fn interlaced() -> Text {
    Text::new("Gambar selang-seling (interlaced) dijadikan progresif.", "Interlaced pictures are made progressive.")
}

pub(super) fn hdr() -> Text {
    Text::new("Gambar HDR diubah ke rentang biasa.", "HDR pictures are converted to standard range.")
}

pub(super) fn unused(percent: u64) -> Text {
    Text::new(
        format!("Bentuk gambar membuat {percent} % layar hanya berisi latar. Versi mendatar 16:9 lebih baik."),
        format!(
            "The picture's shape leaves {percent} % of the wall to a background. A landscape 16:9 version would be better."
        ),
    )
}

pub(super) fn tiny(width: u32, height: u32) -> Text {
    Text::new(
        format!("Gambar hanya {width}×{height} piksel dan akan tampak kabur. Kirim versi yang lebih besar bila ada."),
        format!(
            "The picture has only {width}×{height} pixels and will look blurred. Send a larger version if there is one."
        ),
    )
}

pub(super) fn no_audio() -> Text {
    Text::new("Tanpa suara; untuk videotron tidak apa-apa.", "No sound; on the wall that is fine.")
}

pub(super) fn silent_track() -> Text {
    Text::new("Jalur suara senyap ditambahkan.", "A silent sound track is added.")
}

pub(super) fn silent() -> Text {
    Text::new(
        "Suara senyap dari awal sampai akhir; untuk videotron tidak apa-apa.",
        "The sound is silent throughout; on the wall that is fine.",
    )
}

pub(super) fn silence(span: MsSpan) -> Text {
    both(
        |l| {
            format!(
                "Tidak ada suara selama {} detik mulai {}. Pastikan memang demikian.",
                seconds(span.length_ms(), l),
                clock(span.start_ms, l)
            )
        },
        |l| {
            format!(
                "There is no sound for {} seconds from {}. Make sure that it is meant to be.",
                seconds(span.length_ms(), l),
                clock(span.start_ms, l)
            )
        },
    )
}

pub(super) fn sound_format(audio: &AudioStream, house: HouseFormat) -> Text {
    let (codec, rate, channels) = (&audio.codec, audio.sample_rate_hz, audio.channels);
    Text::new(
        format!("Suara {codec} {rate} Hz, {channels} kanal, diubah ke AAC {} Hz stereo.", house.sample_rate_hz),
        format!(
            "Sound in {codec}, {rate} Hz, {channels} channels, is converted to AAC {} Hz stereo.",
            house.sample_rate_hz
        ),
    )
}

pub(super) fn sound_length(sound_ms: u64, picture_ms: u64) -> Text {
    both(
        |l| {
            format!(
                "Suara {} dan gambar {} tidak sama panjang; suara disesuaikan dengan gambar.",
                clock(sound_ms, l),
                clock(picture_ms, l)
            )
        },
        |l| {
            format!(
                "Sound ({}) and picture ({}) differ in length; the sound is fitted to the picture.",
                clock(sound_ms, l),
                clock(picture_ms, l)
            )
        },
    )
}

pub(super) fn loudness(lufs: f64, peak: f64, house: HouseFormat) -> Text {
    both(
        |l| {
            format!(
                "Kenyaringan {} LUFS (puncak {} dBTP) disesuaikan ke {} LUFS.",
                decimal(lufs, 1, l),
                decimal(peak, 1, l),
                decimal(house.loudness_lufs, 1, l)
            )
        },
        |l| {
            format!(
                "Loudness of {} LUFS (peak {} dBTP) is brought to {} LUFS.",
                decimal(lufs, 1, l),
                decimal(peak, 1, l),
                decimal(house.loudness_lufs, 1, l)
            )
        },
    )
}
