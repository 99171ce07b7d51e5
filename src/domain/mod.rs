//! Floor 0: the nouns. No IO, no clock, no async, no serialisation.
//!
//! # Glossary
//!
//! | the station says | it is |
//! |---|---|
//! | rotation | [`rotation::Rotation`], clips that take turns, by how often and when each may air |
//! | daypart | [`rotation::Daypart`], a named range of the day |
//! | fixed event | [`rotation::FixedEvent`], something that starts at an exact time: the anthem, a call to prayer, a relay |
//! | playlist | [`playlist::Playlist`], one immutable revision of one channel's broadcast day |
//! | item | [`playlist::PlaylistItem`], one thing in it |
//! | rules | [`rules::PlanningRules`], what every plan of a channel keeps; [`rules::RequestRules`], of one request |
//! | day mode | [`rules::DayMode`], mourning, election silence …: what may not air on some days |
//! | interruption | [`interruption::Interruption`], what happens to one day: a relay, a lost hour, an emergency, a clip withdrawn or urgent |
//! | draft | [`draft::Draft`], a day's plan that somebody changes by hand before it is published |
//! | broadcast day | [`time::BroadcastDate`], 04:00 to 04:00 local |
//! | as-run | [`as_run::AsRun`], what was really on air |
//! | house format | [`channel::HouseFormat`], what every clip is made into |
//! | slate | the still picture that can't fail |
//! | fill | evergreen approved material that covers what is missing |
//! | preroll | opening a clip ahead of its time |
//! | hold | repeating the last frame because the next is not there |
//! | submission | [`submission::Submission`], a request to air an uploaded file, which itself is never played |
//! | session | [`session::SessionRequest`], a talkshow or podcast that somebody asks for, held in a studio |
//! | original | the uploaded file, named by its hash |
//! | audit trail | [`audit::AuditEvent`], who did what to which row, hash-chained |
//! | incident | [`incident::Incident`], something a person must know |
//! | branding | [`branding::Branding`], what a channel draws on its own air: logo, clock, text, ticker |
//! | ticker | text that runs along a band, again and again, as long as the item wears it |
//! | crawl | [`branding::CrawlText`], what a named person lets run over everything |
//! | studio | [`studio::Studio`], a room with its equipment, from which talkshows and podcasts come |
//! | booking | [`studio::Booking`], a studio's reservation; a *hold* runs out by itself, a *confirmed* one stays |
//! | session | what happens in a booking's time; [`studio::SessionLog`] tells it |
//! | occupied | a session's time with setting up before it and taking down after it |
//!
//! | the agency says | it is |
//! |---|---|
//! | OPD | *organisasi perangkat daerah*, an office of the regency; see [`people::Opd`] |
//! | instansi vertikal | a branch of central government |
//! | warga | a citizen, who applies for himself: [`people::OpdGroup::Citizen`] |
//! | pemerintah desa | a village government |
//! | Kepala Dinas, Kadis | the head of the agency, who approves |
//! | Sekdis, Kabid | the agency's secretary; the head of one of its divisions |
//! | Plh, Plt | acting for someone absent; acting in a vacant post |
//! | paraf | initials on a draft, lower rank first |
//! | disposisi | the written order that passes a letter on |
//! | agenda | the register of letters |
//! | standar pelayanan, SOP | [`standard::ServiceStandard`], a public service as data |
//! | permohonan | a case: one request going through a standard, see `engine::procedure` |
//! | pemohon | the applicant: whoever speaks for the office that asked |
//! | jabatan | a position, [`people::Role`]; held by an [`people::Appointment`]: definitif, Plh, Plt |
//! | verifikasi | judging content by the checklist, [`submission::CheckPoint`] |
//! | persetujuan | [`submission::Approval`]: binds original, recipe, period and channel |
//! | persetujuan lisan | [`oral::OralApproval`]: the head's word before the paper, until an end; never an approval afterwards |
//! | penayangan, laporan penayangan | airing; the airing report |
//!
//! Words not used, because they mean two things in this field: *schedule* (say rotation, playlist or booking),
//! *event* (item, as-run, incident), *program*, *log* (as-run or trace), *node*.

pub mod as_run;
pub mod asset;
pub mod audit;
pub mod branding;
pub mod channel;
pub mod colour;
pub mod confinement;
pub mod draft;
pub mod ids;
pub mod incident;
pub mod interruption;
pub mod office_hours;
pub mod oral;
pub mod output;
pub mod paperwork;
pub mod people;
pub mod playlist;
pub mod rotation;
pub mod rules;
pub mod session;
pub mod standard;
pub mod studio;
pub mod submission;
pub mod text;
pub mod time;
pub mod timeline;
pub mod wall;
