//! Lists go out and come back; lists of other programs, as they really look, are read or refused in words.

use std::collections::BTreeSet;
use std::io::Read;

use proptest::prelude::*;

use super::*;
use crate::domain::branding::Wears;
use crate::domain::ids::Sha256;
use crate::domain::playlist::{ItemKind, Nature, PlaylistHead, RunMode};
use crate::domain::time::{FrameRate, Instant};

const READABLE: [ListFormat; 4] = [ListFormat::M3u8, ListFormat::Xspf, ListFormat::Csv, ListFormat::Ffplayout];

fn item(id: &str, start: &str, frames: u64, title: &str) -> PlaylistItem {
    let sha256 = Sha256([frames as u8; 32]);
    PlaylistItem {
        id: id.parse().expect("an id"),
        start: start.parse::<Instant>().expect("an instant"),
        duration_frames: frames,
        run: RunMode::Auto,
        kind: ItemKind::Clip,
        source: Source::File(format!("media/house/{sha256}.mp4")),
        sha256: Some(sha256),
        in_frames: 0,
        title: title.into(),
        owner: "Dinas Kesehatan & KB, Deli Serdang".into(),
        submission: None,
        nature: Nature::FILM,
        wears: Wears::default(),
    }
}

fn day() -> Playlist {
    let head = PlaylistHead {
        channel: "videotron".parse().expect("a channel"),
        date: "2026-11-22".parse().expect("a date"),
        revision: 3,
        parent: None,
        zone: "Asia/Jakarta".parse().expect("a zone"),
        rate: FrameRate::PAL,
        withdrawn: BTreeSet::new(),
    };
    let slate = PlaylistItem {
        kind: ItemKind::Slate,
        source: Source::None,
        sha256: None,
        ..item("slate", "2026-11-22T07:00:00+07:00", 25, "Siaran")
    };
    let live = PlaylistItem {
        kind: ItemKind::Live,
        source: Source::Live("srt://10.0.0.1:9000?mode=caller&latency=200".into()),
        sha256: None,
        ..item("live", "2026-11-22T08:00:00+07:00", 25 * 3600, "Upacara")
    };
    let items = vec![
        item("a", "2026-11-22T06:00:00+07:00", 376, "Imunisasi <balita>, \"gratis\" & aman"),
        item("b", "2026-11-22T06:00:15.040+07:00", 375, "=HYPERLINK(\"http://x\")"),
        item("c", "2026-11-22T06:00:30.040+07:00", 251, "Pajak\r\n#EXTINF:9,lain; café"),
        slate,
        live,
        item("night", "2026-11-23T00:30:00+07:00", 100, "@malam"),
    ];
    Playlist::new(head, items).expect("a sound playlist")
}

fn only(text: &str, format: ListFormat) -> ListedClip {
    let mut clips = read(text.as_bytes(), format).expect("a list");
    assert_eq!(clips.len(), 1, "{clips:?}");
    clips.remove(0)
}

#[test]
fn a_published_day_goes_out_and_comes_back_with_the_same_clips_and_lengths() {
    let day = day();
    let wanted: Vec<_> =
        written(&day).map(|item| (plain(&item.title), item.source.to_string(), Some(length_ms(&day, item)))).collect();
    for format in READABLE {
        let bytes = write(&day, format);
        let back = read(&bytes, format).expect("what we wrote");
        let found: Vec<_> = back.iter().map(|c| (c.title.clone(), c.location.clone(), c.length_ms)).collect();
        assert_eq!(found, wanted, "{format}:\n{}", String::from_utf8_lossy(&bytes));
        assert_eq!(write(&day, format), bytes, "the same day, the same bytes");
    }
    let csv = read(&write(&day, ListFormat::Csv), ListFormat::Csv).expect("what we wrote");
    let starts: Vec<_> = csv.iter().filter_map(|clip| clip.start_ms).collect();
    assert_eq!(starts, [21_600_000, 21_615_040, 21_630_040, 28_800_000, 1_800_000]);
    let table = String::from_utf8(write(&day, ListFormat::Csv)).expect("UTF-8");
    assert!(table.contains("'=HYPERLINK") && table.contains("'@malam"), "{table}");
}

#[test]
fn the_workbook_has_times_that_a_spreadsheet_can_add_and_titles_that_are_text() {
    let bytes = write(&day(), ListFormat::Xlsx);
    assert_eq!(write(&day(), ListFormat::Xlsx), bytes, "the same day, the same bytes");
    let sheet = part(&bytes, "xl/worksheets/sheet1.xml");
    // 2026-11-22 is day 46348 of the spreadsheet's count; 06:00 a quarter of a day; 15.04 s so much of one.
    assert!(sheet.contains("<v>46348.25</v>"), "{sheet}");
    assert!(sheet.contains("<v>0.000174074"), "{sheet}");
    assert!(!sheet.contains("<f>"), "{sheet}");
    let words = part(&bytes, "xl/sharedStrings.xml");
    assert!(words.contains("=HYPERLINK(\"http://x\")") && words.contains("Perangkat daerah"), "{words}");
    let refused = read(&bytes, ListFormat::Csv).expect_err("a workbook is no table");
    assert!(refused.to_string().contains("save the sheet as CSV UTF-8"), "{refused}");
}

/// One part of a workbook.
fn part(bytes: &[u8], name: &str) -> String {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).expect("an archive");
    let mut text = String::new();
    archive.by_name(name).expect("the part").read_to_string(&mut text).expect("text");
    text
}

#[test]
fn m3u_lists_of_windows_players_and_of_television_boxes_are_read() {
    let list = b"\xef\xbb\xbf#EXTINF:-1 tvg-id=\"a,b\" group-title=\"Layanan, publik\",Judul, koma\r\n\
                 D:\\Video\\iklan pajak.mp4\r\n\r\n#EXTM3U\r\n# catatan\r\nhttps://x/y%20z.m3u8\r\n\
                 #EXTGRP:Kesehatan\r\n#EXTINF:15.0405,Imunisasi\r\nklip/a.mp4\r\n#EXTINF:0\r\nb.mp4";
    let clips = read(list, ListFormat::M3u8).expect("a list");
    let seen: Vec<_> = clips
        .iter()
        .map(|c| (c.place.to_string(), &*c.title, &*c.location, c.length_ms, c.category.as_deref()))
        .collect();
    assert_eq!(
        seen,
        [
            ("line 2".to_owned(), "Judul, koma", "D:\\Video\\iklan pajak.mp4", None, Some("Layanan, publik")),
            ("line 6".to_owned(), "", "https://x/y%20z.m3u8", None, None),
            ("line 9".to_owned(), "Imunisasi", "klip/a.mp4", Some(15_041), Some("Kesehatan")),
            ("line 11".to_owned(), "", "b.mp4", None, None),
        ]
    );
    let latin = read(b"#EXTM3U\n#EXTINF:5,Caf\xe9\na.mp4\n", ListFormat::M3u8).expect("a list");
    assert_eq!(latin[0].title, "Café");
    let wide: Vec<u8> = "\u{feff}#EXTINF:5,Café\r\na.mp4".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(read(&wide, ListFormat::M3u8).expect("a list")[0].title, "Café");
    let stream = read(b"#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXTINF:6,\nseg1.ts\n", ListFormat::M3u8);
    assert_eq!(
        stream.expect_err("no clips").to_string(),
        "line 2: this is the list of a stream's pieces, not of clips. Try: import a list of whole clips; a live stream \
         is planned as a live item with its address"
    );
}

#[test]
fn xspf_paths_are_decoded_and_entities_are_never_expanded() {
    let list = |track: &str| {
        let tail = "<extension application=\"vlc\"><vlc:item tid=\"0\"/></extension>";
        format!(
            "\u{feff}<?xml version=\"1.0\"?>\r\n<playlist version=\"1\" xmlns=\"http://xspf.org/ns/0/\" \
             xmlns:vlc=\"http://videolan.org/\">\n<title>Hari ini</title><trackList>\n<track>{track}</track>\n\
             </trackList>{tail}</playlist>"
        )
    };
    let clip = only(
        &list(
            "<location>file:///C:/Video%20baru/caf%C3%A9.mp4</location><title>A &amp; <![CDATA[<B>]]> &#233;</title><duration>15040</duration>",
        ),
        ListFormat::Xspf,
    );
    assert_eq!((&*clip.location, &*clip.title), ("C:/Video baru/café.mp4", "A & <B> é"));
    assert_eq!((clip.length_ms, clip.place), (Some(15_040), Place::Line(4)));
    let there = |location: &str| only(&list(&format!("<location>{location}</location>")), ListFormat::Xspf).location;
    assert_eq!(there("file:///srv/a%25b.mp4"), "/srv/a%b.mp4");
    assert_eq!(there("klip/100%.mp4"), "klip/100%.mp4");
    assert_eq!(there("http://x/a%20b.mp4?c&amp;d"), "http://x/a%20b.mp4?c&d");
    let laughs =
        format!("<!DOCTYPE p [<!ENTITY a \"ha\">]>\n{}", list("<title>&a;</title>").trim_start_matches('\u{feff}'));
    let refused = read(laughs.as_bytes(), ListFormat::Xspf).expect_err("a document type");
    assert!(refused.to_string().ends_with("Try: remove the line that begins with <!DOCTYPE"), "{refused}");
    for (broken, words) in [
        (list("<title>&b;</title>"), "line 4: an entity that XML does not know"),
        (list("<duration>lama</duration>"), "line 4: \"lama\" is no duration"),
        (list("<title>"), "the XML is broken"),
        ("<playlist><trackList>".to_owned(), "ends in the middle"),
        ("<html></html>".to_owned(), "there is no <playlist>"),
        ("<playlist>".to_owned() + &"<a>".repeat(100), "elements lie 32 deep"),
    ] {
        let refused = read(broken.as_bytes(), ListFormat::Xspf).expect_err("a broken list").to_string();
        assert!(refused.contains(words), "{refused}");
    }
}

#[test]
fn tables_are_read_as_spreadsheets_here_and_elsewhere_save_them() {
    let semicolons =
        "Judul;Durasi;Berkas;Mulai;Kategori\r\n\"Pajak; lunas, aman\";00.00.15;D:\\a.mp4;06.30.00;iklan\r\n;;;;\r\n";
    let clip = only(semicolons, ListFormat::Csv);
    assert_eq!((&*clip.title, &*clip.location), ("Pajak; lunas, aman", "D:\\a.mp4"));
    assert_eq!((clip.length_ms, clip.start_ms), (Some(15_000), Some(23_400_000)));
    assert_eq!((clip.category.as_deref(), clip.place), (Some("iklan"), Place::Line(2)));
    let commas =
        "sep=,\nfile,title,duration,start\na.mp4,\"Satu, dua \"\"tiga\"\"\",\"15,04\",2026-11-22T06:00+07:00\n";
    let clip = only(commas, ListFormat::Csv);
    assert_eq!((&*clip.title, clip.length_ms, clip.start_ms), ("Satu, dua \"tiga\"", Some(15_040), Some(21_600_000)));
    assert_eq!(clip.place, Place::Line(3));
    assert_eq!(only("title\tduration_ms\n'@tanda\t500\n", ListFormat::Csv).title, "@tanda");
    for (table, words) in [
        ("a,b\n1,2\n", "line 1: no column is called title or file. Try: name the columns in the first line"),
        ("title,length\nA,lima\n", "line 2: \"lima\" is no time. Try: write lengths like"),
        ("title,start\nA,25:00:00\n", "line 2: \"25:00:00\" is no time. Try: write starts like"),
        ("title,start\nA,6\n", "line 2: \"6\" is no time"),
    ] {
        let refused = read(table.as_bytes(), ListFormat::Csv).expect_err("a broken table").to_string();
        assert!(refused.contains(words), "{refused}");
    }
}

#[test]
fn a_day_of_ffplayout_is_read_with_what_it_cuts_off() {
    let day = r#"{"channel":"Channel 1","date":"2026-11-22","length":"24:00:00.000","program":[
        {"in":1.5,"out":16.54,"duration":20.0,"source":"/tv/a.mp4","title":null,"category":"advertisement"},
        {"in":0,"out":0,"duration":12.04,"source":"D:\\b.mp4"}, {}]}"#;
    let clips = read(day.as_bytes(), ListFormat::Ffplayout).expect("a day");
    assert_eq!(clips.iter().map(|c| c.length_ms).collect::<Vec<_>>(), [Some(15_040), Some(12_040), None]);
    assert_eq!((&*clips[0].location, clips[0].category.as_deref()), ("/tv/a.mp4", Some("advertisement")));
    for (broken, words) in [
        ("{\"program\":[\n{\"in\":\"x\"}]}", "line 2: invalid type"),
        ("{\"program\":[{\"in\":-3}]}", "entry 1: -3 s is no time in a clip"),
        ("{\"program\":[{\"out\":1e300}]}", "is no time in a clip"),
        ("[]", "look whether this is a day file of ffplayout"),
    ] {
        let refused = read(broken.as_bytes(), ListFormat::Ffplayout).expect_err("a broken day").to_string();
        assert!(refused.contains(words), "{refused}");
    }
}

#[test]
fn a_list_without_end_is_refused_and_a_title_can_not_steer_a_screen() {
    let many = "a.mp4\n".repeat(MAX_CLIPS + 1);
    let refused = read(many.as_bytes(), ListFormat::M3u8).expect_err("too many").to_string();
    assert!(refused.starts_with("line 20001: the list names more than 20000 clips"), "{refused}");
    assert_eq!(read(&vec![b'a'; MAX_BYTES + 1], ListFormat::Csv), Err(InterchangeError::TooLarge));
    let long = read("x".repeat(5000).as_bytes(), ListFormat::M3u8).expect_err("too long").to_string();
    assert!(long.contains("longer than 4096 characters"), "{long}");
    let clip = only("#EXTINF:5,\u{1b}[2JA\u{202e}B\nfile.mp4", ListFormat::M3u8);
    assert_eq!(clip.title, "[2JA B");
}

/// Pieces that the formats are made of, in any order.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "#EXTINF:",
        "#EXTM3U",
        "-1",
        ",",
        ";",
        "\t",
        "\"",
        "\n",
        "\r",
        "sep=",
        "title",
        "durasi",
        "mulai",
        "'=",
        "00:00:15",
        "é",
        "<playlist>",
        "<trackList>",
        "<track>",
        "</track>",
        "<location>",
        "%C3%",
        "</",
        "<!DOCTYPE",
        "<![CDATA[",
        "&#x110000;",
        "&",
        "{\"program\":[",
        "{\"in\":",
        "1e999",
        "null",
        "]}",
        "\u{feff}",
        "99999999999999999999",
        "....",
        "T",
        "+",
        " ",
        ":",
    ]);
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn no_text_whatever_panics_or_yields_a_line_break_in_a_title(
        text in prop_oneof![pieces(), any::<String>()],
        bytes in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        for format in READABLE {
            for given in [text.as_bytes(), &bytes, &[text.as_bytes(), &bytes].concat()] {
                for clip in read(given, format).unwrap_or_default() {
                    let breaks = clip.title.contains(char::is_control);
                    prop_assert!(!breaks);
                    prop_assert!(clip.length_ms.is_none_or(|ms| ms > 0 && ms <= MAX_MS));
                }
            }
        }
    }

    #[test]
    fn a_time_that_is_written_is_read_again(ms in 0..MAX_MS) {
        let (s, part) = (ms / 1000, ms % 1000);
        prop_assert_eq!(decimal_ms(&format!("{s}.{part:03}")), Some(ms));
        let clock = format!("{:02}:{:02}:{:02},{part:03}", s / 3600, s / 60 % 60, s % 60);
        prop_assert_eq!(clock_ms(&clock), Some(ms));
    }
}
