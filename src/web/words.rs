//! The pages' words, in Fluent files beside this one. A key that a page uses and a language lacks fails a test.

use std::sync::OnceLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use unic_langid::{LanguageIdentifier, langid};

use crate::domain::text::Lang;

const ID: &str = include_str!("words/id.ftl");
const EN: &str = include_str!("words/en.ftl");

type Bundle = FluentBundle<FluentResource>;

fn bundle(lang: Lang) -> &'static Bundle {
    static INDONESIAN: OnceLock<Bundle> = OnceLock::new();
    static ENGLISH: OnceLock<Bundle> = OnceLock::new();
    match lang {
        Lang::Id => INDONESIAN.get_or_init(|| load(langid!("id"), ID)),
        Lang::En => ENGLISH.get_or_init(|| load(langid!("en"), EN)),
    }
}

fn load(tag: LanguageIdentifier, text: &str) -> Bundle {
    let mut bundle = FluentBundle::new_concurrent(vec![tag]);
    // Marks around values confuse copying and tests, and both languages run left to right.
    bundle.set_use_isolating(false);
    // A broken entry is left out, and a test finds it; the rest still speaks.
    let resource = FluentResource::try_new(text.to_owned()).unwrap_or_else(|(resource, _)| resource);
    bundle.add_resource_overriding(resource);
    bundle
}

/// The words for a key in a language, with values for its variables. A key that is missing reads as itself.
pub fn say(lang: Lang, key: &str, values: &[(&str, String)]) -> String {
    let bundle = bundle(lang);
    let Some(pattern) = bundle.get_message(key).and_then(|message| message.value()) else { return key.to_owned() };
    let mut arguments = FluentArgs::new();
    for (name, value) in values {
        // Only `n` counts and chooses plurals; a letter's number is text, whatever it looks like.
        let count = value.parse::<i64>().ok().filter(|_| *name == "n");
        arguments.set(*name, count.map_or_else(|| FluentValue::from(value.as_str()), FluentValue::from));
    }
    bundle.format_pattern(pattern, Some(&arguments), &mut Vec::new()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::path::Path;

    fn keys(text: &str) -> BTreeSet<String> {
        let key = |line: &str| Some(line.split_once(" =")?.0.to_owned());
        let at_margin = |line: &&str| line.starts_with(|c: char| c.is_ascii_lowercase());
        text.lines().filter(at_margin).filter_map(key).collect()
    }

    /// Keys in `t("…")`, `t1("…"` and `t2("…"` of templates and handlers.
    fn used(folder: &Path, found: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                used(&path, found);
            } else if path.extension().is_some_and(|e| e == "rs" || e == "html") && !path.ends_with("words.rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                for call in ["t(\"", "t1(\"", "t2(\""] {
                    for (at, _) in text.match_indices(call) {
                        if text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_') {
                            continue;
                        }
                        let rest = &text[at + call.len()..];
                        found.insert(rest.split('"').next().unwrap().to_owned());
                    }
                }
            }
        }
    }

    #[test]
    fn both_languages_know_every_key_and_no_page_asks_for_another() {
        let (id, en) = (keys(ID), keys(EN));
        assert_eq!(id, en, "a key that only one language has");
        let mut asked = BTreeSet::new();
        used(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/web"), &mut asked);
        let missing: Vec<_> = asked.difference(&id).collect();
        assert!(missing.is_empty(), "no words for {missing:?}");
        let unasked: Vec<_> = id.difference(&asked).collect();
        assert!(unasked.is_empty(), "no page says {unasked:?}");
    }

    #[test]
    fn every_entry_is_well_formed() {
        for text in [ID, EN] {
            let broken = FluentResource::try_new(text.to_owned()).err().map(|(_, errors)| errors);
            assert!(broken.is_none(), "{broken:?}");
        }
    }

    #[test]
    fn a_count_is_said_as_each_language_says_it() {
        let wait = |lang, n: i64| say(lang, "problem-wait-how", &[("n", n.to_string())]);
        assert!(wait(Lang::En, 1).starts_with("Try again in a minute,"));
        assert!(wait(Lang::En, 15).starts_with("Try again in 15 minutes,"));
        assert!(wait(Lang::Id, 15).starts_with("Coba lagi dalam 15 menit,"));
    }
}
